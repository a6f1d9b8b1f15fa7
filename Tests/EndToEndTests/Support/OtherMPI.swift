import Foundation

/// The launcher under another MPI library than that of the tested build, in a temporary directory.
struct OtherMPI {
    let directory: TemporaryDirectory
    /// The environment in which the launcher finds the library.
    let environment: [String: String]
    /// The environment variable with the number of a rank.
    let rank: String

    init(_ environment: [String: String], rank: String) throws {
        directory = try TemporaryDirectory()
        self.environment = environment
        self.rank = rank
    }

    func launch(_ arguments: [String], environment more: [String: String] = [:]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.launcher, arguments, environment: environment.merging(more) { $1 },
            directory: directory.url, timeout: 120)
    }

    /// Writes a shell script as the program of the ranks, and returns its path.
    func script(_ body: String) throws -> String {
        let path = try directory.write("program", "#!/bin/bash\n" + body)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    /// Trains under the other library, each time on some ranks with more options, and once with the tested build.
    /// - Returns: `summary.json` of the other library, and the first difference of the results; nil if there is none.
    func train(_ parts: [(ranks: Int, options: [String])], ranks: Int) throws -> (
        summary: String, difference: String?
    ) {
        let file = try directory.write(
            "run.yaml", RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 40))
        let (new, old) = (directory.path("new"), directory.path("old"))
        var results = try parts.map {
            try launch(["-n", "\($0.ranks)", "train", file, "--run-dir", new] + $0.options)
        }
        results.append(try CommandRunner.lockstep(ranks: ranks, ["train", file, "--run-dir", old]))
        for result in results where result.status != 0 { return ("", result.tail) }
        return (
            try String(contentsOfFile: new + "/summary.json", encoding: .utf8),
            try RunResults(new).difference(from: RunResults(old))
        )
    }

    /// Two ranks whose launcher gets the signal TERM once both run; they end well when they are asked to stop.
    func terminated(binary: String? = nil) throws -> CommandResult {
        let program = try script(
            """
            trap 'echo "asked to stop"; exit 0' USR1
            touch "$0.ready.$\(rank)"
            until [ -e "$0.ready.0" ] && [ -e "$0.ready.1" ]; do sleep 0.05; done
            [ "$\(rank)" = 0 ] && kill -TERM "$1"
            for i in $(seq 100); do sleep 0.1; done
            exit 9
            """)
        return try CommandRunner.run(
            "/bin/bash", ["-c", "exec \(CommandRunner.launcher) -n 2 \(program) $$"],
            environment: environment.merging(binary.map { ["LOCKSTEP_BINARY": $0] } ?? [:]) { $1 },
            timeout: 60)
    }
}
