import Foundation
import Testing

/// Runs whose inputs are read from their files when they are needed.
@Suite(.serialized) struct LargeDataTests {
    private let directory: TemporaryDirectory
    private let inputs: String

    init() throws {
        directory = try TemporaryDirectory()
        inputs = directory.path("x.npy")
        try NPYFile.data(.float32, shape: [300, 40, 20]) { Double(($0 * 7919) % 1009) / 100 }
            .write(to: URL(fileURLWithPath: inputs))
        try NPYFile.data(.uint8, shape: [300]) { Double($0 % 3) }
            .write(to: URL(fileURLWithPath: directory.path("y.npy")))
    }

    private func runFile(_ name: String, _ keys: String, steps: Int = 12) throws -> String {
        try directory.write(
            "\(name).yaml",
            """
            model: {mlp: {hidden: [8]}}
            data:
              npy:
                {train_inputs: \(inputs), train_targets: \(directory.path("y.npy")), validation: 0.2, \(keys)}
            batch: 32
            shards: 4
            threads: 1
            max_steps: \(steps)
            optimizer: {adam: {learning_rate: 0.003}}
            evaluate: {every_steps: 6}
            checkpoint: {every_steps: 6}
            log_every_steps: 1
            """)
    }

    private func train(
        _ file: String, _ run: String, ranks: Int = 1, _ more: [String] = []
    ) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", directory.path(run)] + more,
            environment: ["XDG_CACHE_HOME": directory.path("cache")], timeout: 120)
    }

    /// Decoded data on one rank; files on two, continued on one by decoded data.
    @Test func sameBits() throws {
        let whole = try train(runFile("whole", "memory: auto"), "whole")
        #expect(whole.status == 0, "\(whole.tail)")
        let keys = "memory: 64 KiB, stage_to: \"${LOCKSTEP_TEST_DISK}/copies\""
        setenv("LOCKSTEP_TEST_DISK", directory.url.path, 1)
        defer { unsetenv("LOCKSTEP_TEST_DISK") }
        let first = try train(runFile("streamed", keys, steps: 6), "streamed", ranks: 2)
        #expect(first.status == 0, "\(first.tail)")
        #expect(FileManager.default.fileExists(atPath: directory.path("copies")))
        let config = try String(contentsOfFile: directory.path("streamed/config.yaml"), encoding: .utf8)
        #expect(config.contains("memory: 64 KiB"), "\(config)")
        let second = try train(
            directory.path("whole.yaml"), "streamed", ["--resume"])
        #expect(second.status == 0, "\(second.tail)")
        let difference = try RunResults(directory.path("streamed"))
            .difference(from: RunResults(directory.path("whole")))
        #expect(difference == nil, "\(difference ?? "")")
    }

    /// A file that becomes shorter ends all ranks, with a message of each rank that notices before it is ended.
    @Test func truncatedWhileRead() throws {
        try TruncatedFile.expectEnd(
            inputs, size: 100_000, runFile: runFile("run", "memory: 64 KiB", steps: 1_000_000),
            directory: directory)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount")) func diskTooSmallForCopies() throws
    {
        let disk = SmallDisk(place: directory.path("disk"), size: "512k")
        let file = try runFile("run", "memory: 64 KiB, stage_to: \(disk.place)")
        let result = try disk.run(
            "train 2 \(file) --run-dir \(directory.path("run"))", result: directory.path("result"),
            environment: ["XDG_CACHE_HOME": directory.path("cache")])
        #expect(result.status == 2, "\(result.status) \(result.output)")
        #expect(
            result.output.contains("x.npy: copied it takes 1 MiB, but \(disk.place)/lockstep-"),
            "\(result.output)")
        #expect(
            result.output.contains("has only 1 MiB free; free some space on its disk"), "\(result.output)")
    }

    /// The disk has space when the copies begin, and none before they are complete.
    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount"), arguments: [1, 2])
    func diskFullWhileCopying(_ ranks: Int) throws {
        // Of two files of 480 kB, only the first fits.
        for name in ["a", "b"] {
            try NPYFile.data(.float32, shape: [150, 40, 20]) { Double(($0 * 7919) % 1009) / 100 }
                .write(to: URL(fileURLWithPath: directory.path("\(name).npy")))
        }
        let disk = SmallDisk(place: directory.path("disk"), size: "768k")
        let file = try runFile("run", "memory: 64 KiB, stage_to: \(disk.place)")
        let source = try directory.write(
            "space.c",
            """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <sys/statvfs.h>
            int statvfs(const char *path, struct statvfs *status) {
                int (*next)(const char *, struct statvfs *) = dlsym(RTLD_NEXT, "statvfs");
                int result = next(path, status);
                status->f_bavail += 1 << 20;
                return result;
            }
            """)
        let library = directory.path("space.so")
        let compiled = try CommandRunner.run(
            "/usr/bin/env", ["cc", "-shared", "-fPIC", "-o", library, source], timeout: 60)
        #expect(compiled.status == 0, "\(compiled.output)")
        let result = try disk.run(
            """
            export LD_PRELOAD='\(library)'
            train \(ranks) \(file) --run-dir \(directory.path("run")) --set \
                'data.npy.train_inputs=[\(directory.path("a.npy")), \(directory.path("b.npy"))]'
            code=$?
            echo "left: $(find '\(disk.place)' -type f | wc -l)"
            exit $code
            """, result: directory.path("result"),
            environment: ["XDG_CACHE_HOME": directory.path("cache")], timeout: 120)
        #expect(result.status == 2 && !result.timedOut, "\(result.status) \(result.output)")
        let message = "b.npy: cannot be copied to \(disk.place)/lockstep-"
        #expect(result.output.components(separatedBy: message).count == 2, "\(result.output)")
        #expect(
            result.output.contains(": No space left on device; the file has 1 MiB, and "), "\(result.output)")
        #expect(result.output.contains(" free; free some space on its disk, name another folder, or leave "))
        #expect(result.output.contains("left: 0\n"), "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("run/metrics.jsonl")))
    }
}
