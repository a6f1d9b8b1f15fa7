import Foundation

/// The program behind `scripts/fuzz`. `FuzzProbe drive COMMAND SEED SECONDS FINDINGS [TARGET...]` divides the
/// time among the targets and starts `FuzzProbe work TARGET SEED FIRST END FOLDER COMMAND`; `FuzzProbe one
/// TARGET INPUT FOLDER COMMAND` runs one stored input.
@main struct FuzzProbe {
    static let names = ["run-file", "training", "data", "run", "command"]

    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        switch arguments.first {
        case "drive" where arguments.count >= 5:
            guard let seed = UInt64(arguments[2]), let seconds = Double(arguments[3]) else { exit(64) }
            try drive(
                command: arguments[1], seed: seed, seconds: seconds, findings: arguments[4],
                arguments.count > 5 ? Array(arguments[5...]) : names)
        case "work" where arguments.count == 7:
            guard let seed = UInt64(arguments[2]), let first = Int(arguments[3]), let end = Int(arguments[4])
            else {
                exit(64)
            }
            FuzzWorker.limit(in: arguments[5])
            try FuzzWorker(
                target: target(arguments[1], command: arguments[6], in: arguments[5]), folder: arguments[5]
            ).run(first..<end, seed: seed)
        case "one" where arguments.count == 5:
            let input = Array(try Data(contentsOf: URL(fileURLWithPath: arguments[2])))
            FuzzWorker.limit(in: arguments[3])
            try FuzzWorker(
                target: target(arguments[1], command: arguments[4], in: arguments[3]), folder: arguments[3]
            ).run(input)
        default: exit(64)
        }
    }

    private static func drive(
        command: String, seed: UInt64, seconds: Double, findings: String, _ names: [String]
    ) throws {
        let driver = try FuzzDriver(
            program: CommandLine.arguments[0], seed: seed, command: command, findings: findings)
        defer { driver.removeFolder() }
        for name in names where !Self.names.contains(name) {
            throw FuzzFinding(
                description: "there is no target '\(name)'; there are \(Self.names.joined(separator: ", "))")
        }
        var all = 0
        for name in names {
            let result = try driver.run(name, seconds: seconds / Double(names.count))
            FuzzDriver.report("\(name): \(result.cases) cases, \(result.findings) findings")
            all += result.findings
        }
        if all > 0 { exit(1) }
    }

    private static func target(_ name: String, command: String, in folder: String) throws -> any FuzzTarget {
        let original = folder + "/original"
        try? FileManager.default.removeItem(atPath: original)
        try FileManager.default.createDirectory(atPath: original, withIntermediateDirectories: true)
        switch name {
        case "run-file": return try RunFileTarget()
        case "training": return try TrainingTarget()
        case "data": return DataTarget()
        case "run": return try RunDirectoryTarget(in: original)
        case "command": return try CommandTarget(command: command, in: original)
        default: throw FuzzFinding(description: "there is no target '\(name)'")
        }
    }
}
