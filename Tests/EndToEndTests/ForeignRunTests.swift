import Foundation
import Testing

/// A run of another user: its configuration starts no program.
@Suite(.serialized) struct ForeignRunTests {
    private let directory: TemporaryDirectory
    private let program: String

    init() throws {
        directory = try TemporaryDirectory()
        program = try directory.write(
            "verses",
            "#!/bin/bash\ntouch \"$0.started\"\nfor i in {1..400}; do echo \"Ge1:$i In the beginning\"; done\n"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let file = try directory.write(
            "run.yaml",
            """
            model: {gpt: {layers: 1, width: 8, heads: 1}}
            data: {king_james: {program: \(program), context: 8, validation: 0.2}}
            batch: 8
            max_steps: 2
            optimizer: adam
            """)
        // One's own run file may name a program.
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("run")])
        #expect(result.status == 0 && wasStarted, "\(result.output)")
    }

    private var wasStarted: Bool { FileManager.default.fileExists(atPath: program + ".started") }

    private func run(_ arguments: [String]) throws -> CommandResult {
        try? FileManager.default.removeItem(atPath: program + ".started")
        // Decoded data in the cache would need no program.
        return try CommandRunner.lockstep(
            ranks: 1, arguments, environment: ["XDG_CACHE_HOME": directory.path("cache-\(UUID())")],
            timeout: 60)
    }

    @Test func programsOfAStoredConfigurationAreNotStarted() throws {
        let run = directory.path("run")
        for arguments in [
            ["evaluate", run], ["evaluate", run + "/checkpoints/latest"],
            ["predict", run, "--split", "validation", "--output", "-"],
            ["evaluate", run, "--set", "data.king_james.context=8"],
        ] {
            let result = try self.run(arguments)
            #expect(result.status == 2 && !wasStarted, "\(arguments): \(result.output)")
            #expect(
                result.output.contains("data.king_james.program: names a program to run")
                    && result.output.contains("--set data.king_james.program=\(program)"), "\(result.output)")
        }
        for arguments in [
            ["inspect", run], ["report", run], ["generate", run, "--prompt", "In", "--length", "2"],
        ] {
            _ = try self.run(arguments)
            #expect(!wasStarted, "\(arguments)")
        }
    }

    @Test func namedAgainItIs() throws {
        let run = directory.path("run")
        for setting in [
            "data.king_james.program=\(program)",
            "data={king_james: {program: \(program), context: 8, validation: 0.2}}",
        ] {
            let result = try self.run(["evaluate", run, "--set", setting])
            #expect(result.status == 0 && wasStarted, "\(result.output)")
        }
        let file = directory.path("run.yaml")
        let result = try self.run(["evaluate", run, "--config", file])
        #expect(result.status == 0 && wasStarted, "\(result.output)")
        let resumed = try self.run(["train", file, "--run-dir", run, "--resume", "--set", "max_steps=3"])
        #expect(resumed.status == 0 && wasStarted, "\(resumed.output)")
    }
}
