import Foundation
import Testing

/// `lockstep bench step --wait`: what another program says to it and hears from it, line by line.
@Suite(.serialized) struct BenchProtocolTests {
    private let runFile = """
        model: {mlp: {hidden: [32]}}
        data: {synthetic: {samples: 20000, shape: [32], classes: 10}}
        batch: 64
        shards: 2
        epochs: 1000
        optimizer: {adam: {learning_rate: 0.001}}
        seed: 1
        """

    /// A conversation with a program over its standard input and output.
    private final class Conversation {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private var rest = Data()

        init(ranks: Int, _ arguments: [String]) throws {
            let program =
                ranks == 1
                ? [CommandRunner.command] : [CommandRunner.launcher, "-n", "\(ranks)", "--stdin"]
            process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
            process.arguments = ["120"] + program + arguments
            process.environment = ProcessInfo.processInfo.environment.merging([
                "LOCKSTEP_BINARY": CommandRunner.command
            ]) { $1 }
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        func say(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

        /// The next line, parsed; nil at the end. Skips lines that are not JSON, such as mpirun's messages.
        func hear() throws -> [String: Any]? {
            while true {
                while let end = rest.firstIndex(of: 10) {
                    let line = rest[rest.startIndex..<end]
                    rest = rest[(end + 1)...]
                    guard line.first == UInt8(ascii: "{") else { continue }
                    return try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
                }
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { return nil }
                rest.append(more)
            }
        }

        func end() throws -> Int32 {
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    @Test(arguments: [1, 2]) func everyLineStartsARepetition(_ ranks: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let program = try Conversation(
            ranks: ranks,
            ["bench", "step", file, "--wait", "--steps", "3", "--warmup", "1", "--repetitions", "100"])
        let ready = try #require(try program.hear())
        #expect(ready["ready"] as? Bool == true && ready["ranks"] as? Int == ranks)
        #expect(ready["model"] as? String == "mlp" && ready["precision"] as? String == "float32")
        #expect(ready["parameters"] as? Int == 32 * 32 + 32 + 32 * 10 + 10)
        for number in 0..<3 {
            try program.say(number == 1 ? "\n" : "go\n")
            let line = try #require(try program.hear())
            #expect(line["repetition"] as? Int == number && line["steps"] as? Int == 3)
            #expect(line["samples"] as? Int == 3 * 64)
            for key in ["seconds", "samples_per_second", "peak_memory_bytes"] {
                #expect((line[key] as? Double ?? 0) > 0, "\(key)")
            }
            let phases = try #require(line["milliseconds"] as? [String: Double])
            #expect(
                Set(phases.keys) == ["step", "load", "forward", "backward", "reduce", "wait", "update"])
        }
        #expect(try program.end() == 0)
        #expect(try program.hear() == nil, "a repetition that nobody asked for, or a table")
    }

    /// The end of the input ends the program before the first repetition, and the last repetition ends it
    /// before the input.
    @Test func eitherEndEndsIt() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let options = [
            "bench", "step", file, "--wait", "--steps", "1", "--warmup", "0", "--repetitions", "1",
        ]
        let silent = try Conversation(ranks: 1, options)
        #expect(try silent.end() == 0)
        #expect(try silent.hear()?["ready"] as? Bool == true)
        #expect(try silent.hear() == nil)
        let single = try Conversation(ranks: 1, options)
        try single.say("go\ngo\n")
        #expect(try single.hear()?["ready"] as? Bool == true)
        #expect(try single.hear()?["repetition"] as? Int == 0)
        #expect(try single.hear() == nil)
        #expect(try single.end() == 0)
    }
}
