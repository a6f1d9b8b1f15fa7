import Foundation
import Testing

/// The fuzzer finds nothing; if there is something to find, it does.
@Suite(.serialized) struct FuzzTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func fuzz(_ arguments: [String], command: String = CommandRunner.command, timeout: Double) throws
        -> CommandResult
    {
        try CommandRunner.run(
            CommandRunner.repository.appendingPathComponent("scripts/fuzz").path,
            ["--findings", directory.path("findings")] + arguments, environment: ["LOCKSTEP_BINARY": command],
            timeout: timeout)
    }

    @Test func nothingIsFound() throws {
        let result = try fuzz(
            CommandRunner.runsAll ? ["--all"] : [], timeout: CommandRunner.runsAll ? 900 : 180)
        #expect(result.status == 0 && !result.timedOut, "\(result.output)")
        for target in ["run-file", "training", "data", "run", "command"] {
            #expect(result.output.contains("\(target): ") && !result.output.contains("\(target): 0 cases"))
        }
    }

    /// A command that a signal ends is a finding: the seed is printed, and the input is stored.
    @Test func aSignalIsFound() throws {
        let command = try directory.write("lockstep", "#!/bin/bash\nkill -SEGV $$\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: command)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("FuzzProbe"),
            withDestinationPath: CommandRunner.productsDirectory.appendingPathComponent("FuzzProbe").path)
        let result = try fuzz(
            ["--targets", "command", "--seconds", "5", "--seed", "7"], command: command, timeout: 120)
        #expect(result.status == 1 && result.output.contains("seed 7"), "\(result.output)")
        let kept = try FileManager.default.contentsOfDirectory(atPath: directory.path("findings"))
        let input = directory.path("findings/\(kept.first ?? "")")
        #expect(result.output.contains("again: scripts/fuzz --input \(input)"), "\(result.output)")
        let again = try fuzz(["--input", input], command: command, timeout: 60)
        #expect(again.status == 1 && again.output.contains("signal 11"), "\(again.output)")
    }

    @Test func mistakesInTheOptions() throws {
        for arguments in [
            ["--seconds", "x"], ["--targets", "nothing"], ["--what"], ["--input", "/none"], ["--seed"],
        ] {
            #expect(try fuzz(arguments, timeout: 60).status == 2, "\(arguments)")
        }
    }
}
