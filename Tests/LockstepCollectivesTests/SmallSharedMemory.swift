import Foundation

/// A command prefix that mounts a small /dev/shm for the command. It needs the right to mount.
enum SmallSharedMemory {
    static func wrapper(mebibytes: Int) -> [String] {
        [
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs -o size=\(mebibytes)m tmpfs /dev/shm && exec \"$@\"", "sh",
        ]
    }

    static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = wrapper(mebibytes: 1) + ["true"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
