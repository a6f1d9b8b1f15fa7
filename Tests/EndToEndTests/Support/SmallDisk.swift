import Foundation

/// A directory with a separate small file system, for the commands of one script. It needs the right to
/// mount.
struct SmallDisk {
    /// Where it is mounted: an empty directory.
    let place: String
    /// The size as tmpfs takes it, such as `16m`.
    let size: String

    static let isPossible: Bool = {
        let result = try? CommandRunner.run(
            "/usr/bin/unshare", ["--mount", "sh", "-c", "mount -t tmpfs -o size=4k tmpfs /mnt"], timeout: 30)
        return result?.status == 0
    }()

    /// Runs a bash script that finds the disk mounted, `train` for a function that trains (its first argument
    /// is the number of ranks), and `grow` for one that makes room. What it leaves on the disk is copied to
    /// `result` at the end.
    func run(
        _ script: String, result: String, environment: [String: String] = [:], timeout: Double = 180
    ) throws -> CommandResult {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let whole = """
            mount -t tmpfs -o size=\(size) tmpfs '\(place)' || exit 99
            grow() { mount -o remount,size=256m '\(place)'; }
            train() {
                local ranks=$1
                shift
                if [ "$ranks" = 1 ]; then "$LOCKSTEP_BINARY" train "$@"; return; fi
                '\(CommandRunner.launcher)' -n "$ranks" "${options[@]}" train "$@"
            }
            options=()
            \(script)
            code=$?
            cp -a '\(place)' '\(result)'
            exit $code
            """
        return try CommandRunner.run(
            "/usr/bin/unshare", ["--mount", "bash", "-c", whole],
            environment: ["LOCKSTEP_BINARY": CommandRunner.command].merging(environment) { $1 },
            timeout: timeout)
    }
}
