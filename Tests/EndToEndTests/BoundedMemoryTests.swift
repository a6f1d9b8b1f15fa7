import Foundation
import Testing

/// Memory grows with the data, not with its square, and what cannot fit is refused with the number.
@Suite(.serialized) struct BoundedMemoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Runs the command with a limit on its memory.
    private func lockstep(mebibytes: Int, _ arguments: [String]) throws -> CommandResult {
        try CommandRunner.run(
            "/bin/bash",
            ["-c", "ulimit -d \(mebibytes << 10); exec \"$0\" \"$@\"", CommandRunner.command] + arguments,
            timeout: 120)
    }

    private func array(_ name: String, _ type: String, _ shape: String, _ bytes: [UInt8]) throws -> String {
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        var all: [UInt8] = [0x93]
        all += Array("NUMPY".utf8)
        all += [1, 0, UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
        all += Array(header.utf8)
        all += bytes
        try Data(all).write(to: directory.url.appendingPathComponent(name))
        return directory.path(name)
    }

    /// A table of 30,000 x 30,000 classes would take 7.2 GB.
    @Test func manyClasses() throws {
        let count = 30_000
        let inputs = try array("inputs.npy", "|u1", "(\(count), 2)", (0..<2 * count).map { UInt8($0 % 251) })
        let labels = try array(
            "labels.npy", "<i4", "(\(count),)",
            (0..<count).flatMap { label in (0..<4).map { UInt8(label >> (8 * $0) & 255) } })
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [4]}}
            data: {npy: {train_inputs: \(inputs), train_targets: \(labels), validation: 0.02}}
            batch: 64
            max_steps: 2
            optimizer: {sgd: {learning_rate: 0.1}}
            evaluation_block: 100
            """)
        let run = directory.path("run")
        let result = try lockstep(mebibytes: 1024, ["train", file, "--run-dir", run])
        #expect(result.status == 0 && result.output.contains("macro f1"), "\(result.output)")
        let evaluated = try lockstep(mebibytes: 1024, ["evaluate", run, "--split", "validation"])
        #expect(evaluated.status == 0 && evaluated.output.contains("macro f1"), "\(evaluated.tail)")
    }

    /// Inputs of 64 MB in a process that may write 64 MiB: with the memory for them they are refused.
    @Test
    func dataLargerThanMemory() throws {
        let count = 16_000
        let inputs = try array(
            "large.npy", "<f4", "(\(count), 1000)",
            [UInt8](unsafeUninitializedCapacity: count * 4000) { bytes, size in
                size = count * 4000
                bytes.withMemoryRebound(to: Float.self) { numbers in
                    for index in numbers.indices { numbers[index] = Float(index % 1013) / 100 }
                }
            })
        let labels = try array(
            "large-labels.npy", "|u1", "(\(count),)", (0..<count).map { UInt8($0 % 3) })
        func run(_ memory: String, _ name: String) throws -> CommandResult {
            let file = try directory.write(
                "\(name).yaml",
                """
                model: {mlp: {hidden: [4]}}
                data:
                  npy: {train_inputs: \(inputs), train_targets: \(labels), validation: 0.02, memory: \(memory)}
                batch: 64
                max_steps: 20
                optimizer: {sgd: {learning_rate: 0.1}}
                """)
            return try CommandRunner.run(
                "/bin/bash",
                [
                    "-c", "ulimit -d \(64 << 10); exec \"$0\" \"$@\"", CommandRunner.command, "train", file,
                    "--run-dir", directory.path(name),
                ],
                environment: ["XDG_CACHE_HOME": directory.path("cache")], timeout: 120)
        }
        let whole = try run("10 GiB", "whole")
        #expect(whole.status != 0 && whole.output.contains("of memory are available"), "\(whole.output)")
        let streamed = try run("8 MiB", "streamed")
        #expect(streamed.status == 0, "\(streamed.output)")
    }

    @Test(arguments: [
        ["evaluation_block=1000000", "model.mlp.hidden=[500000]"],
        ["batch=20000", "shards=1", "model.mlp.hidden=[500000]"],
        ["model.mlp.hidden=[20000, 20000]"],
    ])
    func whatCannotFitIsRefused(_ settings: [String]) throws {
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data: {synthetic: {samples: 20000, shape: [4], classes: 3}}
            batch: 64
            max_steps: 2
            optimizer: adam
            """)
        let result = try lockstep(
            mebibytes: 2048,
            ["train", file, "--run-dir", directory.path("run")] + settings.flatMap { ["--set", $0] })
        #expect(result.status == 2, "\(result.output)")
        #expect(
            result.output.contains("lockstep: The run needs at least ")
                && result.output.contains("ulimit -d allows 2.1 GB"), "\(result.output)")
    }
}
