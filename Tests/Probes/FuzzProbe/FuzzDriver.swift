import Foundation

/// Starts workers, and stores the inputs that end one, after making them smaller.
struct FuzzDriver {
    /// The number of cases after which a new process is started.
    private static let casesPerProcess = 200

    let program: String
    let seed: UInt64
    let command: String
    /// The folder for inputs of findings.
    let findings: String
    private let folder: String

    /// How a worker ended.
    struct End: Equatable {
        var words: String
        var isFinding: Bool
    }

    init(program: String, seed: UInt64, command: String, findings: String) throws {
        (self.program, self.seed, self.command, self.findings) = (program, seed, command, findings)
        folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-fuzz-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Runs the cases of a target until its time is over.
    /// - Returns: the number of cases, and of findings.
    func run(_ target: String, seconds: Double) throws -> (cases: Int, findings: Int) {
        let end = Date().addingTimeInterval(seconds)
        var number = 0
        var found: [String] = []
        while Date() < end, found.count < 10 {
            let ended = try work(
                ["work", target, "\(seed)", "\(number)", "\(number + Self.casesPerProcess)"], until: end)
            let reached = text("number").flatMap { Int($0) } ?? number
            number = reached + 1
            guard ended.isFinding else { continue }
            let input = Array(FileManager.default.contents(atPath: folder + "/input") ?? Data())
            let said = text("errors") ?? ""
            // The same trap again is not a new finding.
            let mark = ended.words + Self.mark(said)
            if found.contains(mark) { continue }
            found.append(mark)
            let path = try keep(smallest(input, of: target, ended), "\(target)-\(seed)-\(reached)")
            Self.report("\(target), seed \(seed), case \(reached): \(ended.words)\n\(said.suffix(1500))")
            Self.report("  kept: \(path); again: scripts/fuzz --input \(path)")
        }
        return (number, found.count)
    }

    func removeFolder() { try? FileManager.default.removeItem(atPath: folder) }

    /// Runs a worker to its end. One that still runs at `limit` is killed, which is not a finding.
    private func work(_ arguments: [String], until limit: Date) throws -> End {
        try? FileManager.default.removeItem(atPath: folder + "/number")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments + [folder, command]
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        environment["XDG_CACHE_HOME"] = folder + "/cache"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        try process.run()
        while process.isRunning, Date() < limit { usleep(10_000) }
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            return End(words: "", isFinding: false)
        }
        process.waitUntilExit()
        let status = process.terminationStatus
        if process.terminationReason == .exit {
            return End(
                words: status == FuzzWorker.findingStatus ? "a wrong answer" : "exit status \(status)",
                isFinding: status != 0)
        }
        return End(words: status == SIGALRM ? "no end in time" : "signal \(status)", isFinding: true)
    }

    /// Removes parts of an input as long as a worker still ends in the same way, for at most 15 seconds.
    private func smallest(_ input: [UInt8], of target: String, _ ended: End) throws -> [UInt8] {
        var best = input
        guard ended.words != "no end in time" else { return best }
        let limit = Date().addingTimeInterval(15)
        var part = best.count / 2
        while part > 0, Date() < limit {
            var place = 0
            while place < best.count, Date() < limit {
                var candidate = best
                candidate.removeSubrange(place..<min(best.count, place + part))
                let path = folder + "/candidate"
                try Data(candidate).write(to: URL(fileURLWithPath: path))
                if try work(["one", target, path], until: limit) == ended {
                    best = candidate
                } else {
                    place += part
                }
            }
            part /= 2
        }
        return best
    }

    private func keep(_ input: [UInt8], _ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: findings, withIntermediateDirectories: true)
        let path = "\(findings)/\(name)"
        try Data(input).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes without buffering, also to a file.
    static func report(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    /// The line that names a trap.
    private static func mark(_ said: String) -> String {
        String(
            said.split(separator: "\n").first { $0.contains("Fatal") || $0.contains("lockstep") }?.prefix(80)
                ?? "")
    }
}
