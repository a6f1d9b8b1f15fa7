import Foundation

/// The same inputs through the built command: it must end with one of its statuses and a message, without a trap.
struct CommandTarget: FuzzTarget {
    let name = "command"
    let seconds: UInt32 = 90
    private let command: String
    private let training: TrainingTarget
    private let runs: RunDirectoryTarget

    init(command: String, in folder: String) throws {
        self.command = command
        training = try TrainingTarget()
        runs = try RunDirectoryTarget(in: folder)
    }

    func input(_ draws: inout FuzzDraws) throws -> [UInt8] {
        draws.percent(50) ? training.input(&draws) : runs.input(&draws)
    }

    func run(_ input: [UInt8], in folder: String) throws {
        let parts = TextAndFile(input)
        if let place = try runs.place(parts, in: folder) {
            let run = folder + "/run"
            if place.isSealable { try? runs.seal(in: folder) }
            try check(["inspect", "--verify", run], folder)
            try check(["report", run], folder)
            try check(["evaluate", run, "--split", "training"], folder)
            try check(
                ["train", folder + "/run.yaml", "--run-dir", run, "--resume", "--set", "max_steps=3"], folder)
            return
        }
        try Data(parts.file).write(to: URL(fileURLWithPath: folder + "/file"))
        let file = RunFileText(parts.text.replacing("@", with: folder + "/file"))
        try Data(file.text.utf8).write(to: URL(fileURLWithPath: folder + "/run.yaml"))
        try check(
            ["train", folder + "/run.yaml", "--run-dir", folder + "/run", "--stop-after-step", "2"]
                + file.overrides.filter { !$0.contains("\0") }.flatMap { ["--set", $0] }, folder)
    }

    private func check(_ arguments: [String], _ folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let path = folder + "/errors"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        try errors.close()
        let said = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        let status = process.terminationStatus
        guard process.terminationReason == .exit, [0, 1, 2, 75].contains(status),
            !said.contains("Fatal error")
        else {
            let end = process.terminationReason == .exit ? "status" : "signal"
            throw FuzzFinding(
                description:
                    "lockstep \(arguments.joined(separator: " ")): \(end) \(status)\n\(said.suffix(2000))")
        }
        guard status == 0 || !said.isEmpty else {
            throw FuzzFinding(
                description:
                    "lockstep \(arguments.joined(separator: " ")): status \(status) without a message")
        }
    }
}
