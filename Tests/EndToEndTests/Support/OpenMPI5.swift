import Foundation

/// An Open MPI 5 beside Debian's 4.1: LOCKSTEP_OPENMPI5, or where scripts/setup --with-openmpi5 puts it.
enum OpenMPI5 {
    static let prefix =
        ProcessInfo.processInfo.environment["LOCKSTEP_OPENMPI5"]
        ?? CommandRunner.repository.appendingPathComponent(".venv/openmpi5").path

    /// Whether its tests run.
    static var isTested: Bool {
        CommandRunner.runsAll && FileManager.default.isExecutableFile(atPath: prefix + "/bin/mpirun")
    }

    /// An environment in which its mpirun comes first.
    static var environment: [String: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return [
            "PATH": prefix + "/bin:" + path, "LD_LIBRARY_PATH": prefix + "/lib",
            "LOCKSTEP_BINARY": CommandRunner.command,
        ]
    }
}
