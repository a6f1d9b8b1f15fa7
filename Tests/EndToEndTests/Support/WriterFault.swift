import Foundation

/// Disturbs the system calls of the thread that writes one checkpoint of a run: by strace, on rank 0.
struct WriterFault {
    /// Whether strace is here.
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    /// The run directory.
    let run: String
    /// The step whose checkpoint is hit.
    let step: Int
    /// The system call.
    let call: String
    /// What strace is to inject, such as `signal=KILL:when=2`.
    let fault: String
    /// The only file whose calls are hit; nil for all of the checkpoint.
    var file: String?

    /// Only calls that touch these are hit.
    private var paths: [String] {
        if let file { return [file] }
        let checkpoints = run + "/checkpoints"
        let name = "step-" + String(repeating: "0", count: 8 - String(step).count) + String(step)
        let partial = "\(checkpoints)/.\(name).partial"
        return [partial, "\(checkpoints)/\(name)", "\(checkpoints)/latest", "\(checkpoints)/.latest"]
            + ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"].map {
                "\(partial)/\($0)"
            }
    }

    /// A program that runs `lockstep`, on rank 0 under strace.
    func program(in directory: TemporaryDirectory) throws -> String {
        let selection = paths.map { "-P '\($0)'" }.joined(separator: " ")
        let path = try directory.write(
            "lockstep-\(UUID())",
            """
            #!/bin/bash
            if [ "${OMPI_COMM_WORLD_RANK:-0}" != 0 ]; then exec '\(CommandRunner.command)' "$@"; fi
            # A tracer in a session of its own: the rank has the process, the signals and the end that it would have without.
            exec strace -DDD -f -qq -o /dev/null -e trace=\(call) -e inject=\(call):\(fault) \(selection) '\(CommandRunner.command)' "$@"
            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    /// Trains with the fault.
    func train(
        _ arguments: [String], ranks: Int, in directory: TemporaryDirectory, timeout: Double = 120
    ) throws -> CommandResult {
        let program = try program(in: directory)
        let all = ["train"] + arguments + ["--run-dir", run]
        if ranks == 1 {
            // A waiting shell reports a signal as a status above 128.
            return try CommandRunner.run(
                "/bin/bash", ["-c", "\"$0\" \"$@\"; exit $?", program] + all, timeout: timeout)
        }
        return try CommandRunner.run(
            CommandRunner.launcher, ["-n", String(ranks)] + all,
            environment: ["LOCKSTEP_BINARY": program], timeout: timeout)
    }
}
