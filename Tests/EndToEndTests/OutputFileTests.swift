import Foundation
import Testing

/// Files given by options: they are replaced when their contents are complete, and nothing else is touched.
@Suite(.serialized) struct OutputFileTests {
    private let directory: TemporaryDirectory
    private let file: String
    private var run: String { directory.path("run") }

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data: {synthetic: {samples: 2000, shape: [4], classes: 3}}
            batch: 100
            max_steps: 20
            optimizer: {sgd: {learning_rate: 0.1}}
            """)
    }

    private func train(_ extra: [String] = []) throws {
        let result = try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run] + extra)
        #expect(result.status == 0, "\(result.tail)")
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: directory.path(name), encoding: .utf8)
    }

    @Test func otherFilesStay() throws {
        for name in ["trace.json", "metrics.json", "out.csv"] {
            _ = try directory.write(name + ".new", "mine")
            _ = try directory.write(name, "old")
            chmod(directory.path(name), 0o600)
        }
        try train(["--trace", directory.path("trace.json")])
        let outputs = [
            ["evaluate", run, "--json", directory.path("metrics.json")],
            ["predict", run, "--output", directory.path("out.csv")],
        ]
        for arguments in outputs { #expect(try CommandRunner.lockstep(ranks: 1, arguments).status == 0) }
        for name in ["trace.json", "metrics.json", "out.csv"] {
            #expect(try text(name + ".new") == "mine")
            #expect(try text(name) != "old")
            var status = stat()
            #expect(stat(directory.path(name), &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path("")).count == 8)
    }

    /// A prediction that is ended in the middle is not taken for a complete one.
    @Test func predictionsThatAreEndedLeaveTheOldFile() throws {
        try train()
        _ = try directory.write("out.csv", "old")
        let result = try CommandRunner.run(
            "/bin/bash",
            [
                "-c", "ulimit -f 4; exec \"$0\" predict \"$1\" --output \"$2\"", CommandRunner.command, run,
                directory.path("out.csv"),
            ])
        #expect(result.status != 0, "\(result.tail)")
        #expect(try text("out.csv") == "old")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path("")).sorted() == [
                "out.csv", "run", "run.yaml",
            ])
    }

    @Test func devicesAndDescriptorsAreWrittenAsTheyAre() throws {
        try train()
        let whole = try CommandRunner.lockstep(ranks: 1, ["predict", run, "--output", "-"])
        let pipe = try CommandRunner.run(
            "/bin/bash",
            ["-c", "\"$0\" predict \"$1\" --output >(cat) >/dev/null; wait $!", CommandRunner.command, run])
        #expect(pipe.status == 0 && pipe.output == whole.output, "\(pipe.tail)")
        let null = try CommandRunner.lockstep(ranks: 1, ["evaluate", run, "--json", "/dev/null"])
        var status = stat()
        #expect(null.status == 0 && stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    /// A run directory that another user prepared.
    @Test(.enabled(if: geteuid() == 0), arguments: ["metrics.jsonl", "train.log", "lock", "heartbeats"])
    func linksInARunDirectory(_ name: String) throws {
        try train()
        let precious = try directory.write("precious", "precious\n")
        let folder = directory.path("folder")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try directory.write("folder/rank-00000", "precious\n")
        let path = "\(run)/\(name)"
        try FileManager.default.removeItem(atPath: path)
        symlink(name == "heartbeats" ? folder : precious, path)
        lchown(path, 54_321, 54_321)
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", run, "--resume", "--set", "max_steps=30"])
        #expect(result.status == 2, "\(result.tail)")
        #expect(
            result.output.contains(name) && result.output.contains("it is a symbolic link"), "\(result.tail)")
        #expect(try text("precious") == "precious\n" && text("folder/rank-00000") == "precious\n")
    }

    /// The last resort for the cache has a predictable name.
    @Test(.enabled(if: geteuid() == 0)) func cacheFoldersOfOthers() throws {
        let victim = directory.path("victim")
        try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: true)
        let link = directory.path("lockstep-0")
        symlink(victim, link)
        lchown(link, 54_321, 54_321)
        func warnings(_ run: String) throws -> Bool {
            let result = try CommandRunner.lockstep(
                ranks: 1, ["train", file, "--run-dir", directory.path(run)],
                environment: [
                    "XDG_CACHE_HOME": "/proc/none", "HOME": "/proc/none", "TMPDIR": directory.path(""),
                ])
            #expect(result.status == 0, "\(result.tail)")
            return result.output.contains("no cache folder can be written")
        }
        #expect(try warnings("first"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim).isEmpty)
        // One of this user's own is taken.
        unlink(link)
        #expect(try !warnings("second"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: link).count == 1)
    }
}
