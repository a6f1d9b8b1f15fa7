import Testing

/// A data file that becomes shorter during a run.
enum TruncatedFile {
    /// Expects that the run ends on all ranks, with a message of each rank that notices before it is ended.
    /// - Parameters:
    ///   - path: the data file.
    ///   - size: its new size in bytes.
    ///   - runFile: a run file of 2 ranks with so many steps that the run does not end before.
    static func expectEnd(
        _ path: String, size: Int, runFile: String, directory: TemporaryDirectory
    ) throws {
        let run = directory.path("run")
        let result = try CommandRunner.run(
            "/bin/bash",
            [
                "-c",
                """
                (until [ -s '\(run)/metrics.jsonl' ]; do sleep 0.05; done; truncate -s \(size) '\(path)') &
                '\(CommandRunner.launcher)' -n 2 train '\(runFile)' --run-dir '\(run)'
                """,
            ],
            environment: [
                "LOCKSTEP_BINARY": CommandRunner.command, "XDG_CACHE_HOME": directory.path("cache"),
            ], timeout: 120)
        #expect(!result.timedOut && result.status != 0, "\(result.tail)")
        let messages = result.output.components(separatedBy: "\n").filter {
            $0.hasPrefix("lockstep: ") && $0.contains(path)
        }
        // One message of each rank, and at least of one.
        let ranks = messages.map { $0.split(separator: " ").prefix(5).joined(separator: " ") }
        #expect(!messages.isEmpty && Set(ranks).count == messages.count, "\(result.output)")
        #expect(
            messages.allSatisfy {
                $0.contains("when the run began") || $0.contains("changed while the run was reading it")
            },
            "\(messages)")
    }
}
