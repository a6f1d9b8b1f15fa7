import Foundation
import Testing

/// `initialize` of run files: weights of a file or of another run.
@Suite(.serialized) struct InitializeTests {
    private let directory: TemporaryDirectory
    private let file: String
    private let first: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [16, 8], batch_norm: true}}
            data: {synthetic: {samples: 400, shape: [6], classes: 3, validation: 0.2}}
            batch: 40
            shards: 5
            max_steps: 12
            optimizer: {adam: {learning_rate: 0.01}}
            log_every_steps: 1
            """)
        first = directory.path("first")
        #expect(try train("first").status == 0)
    }

    private func train(_ name: String, ranks: Int = 1, _ arguments: [String] = []) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", directory.path(name)] + arguments, timeout: 120)
    }

    private func set(_ pairs: String...) -> [String] { pairs.flatMap { ["--set", $0] } }

    private func weights(_ run: String) throws -> SafetensorsCopy {
        try SafetensorsCopy(directory.path("\(run)/checkpoints/latest/model.safetensors"))
    }

    /// A step without learning keeps the parameters; running statistics move on.
    private static let still = ["--set", "max_steps=1", "--set", "optimizer.adam.learning_rate=0"]

    private func parameters(_ copy: SafetensorsCopy) -> [String: Data] {
        Dictionary(uniqueKeysWithValues: copy.entries.map { ($0.name, $0.entry.bytes) }).filter {
            !$0.key.contains("running") && !$0.key.contains("num_batches")
        }
    }

    @Test func aRunStartsFromTheWeightsOfAnother() throws {
        for (name, from, told) in [
            ("run", first, "step-00000012"), ("checkpoint", first + "/checkpoints/latest", "latest"),
        ] {
            let result = try train(name, Self.still + set("initialize.from=\(from)", "batch=80", "shards=2"))
            #expect(result.status == 0, "\(result.tail)")
            #expect(try parameters(weights(name)) == parameters(weights("first")))
            #expect(
                result.output.contains(
                    "checkpoints/\(told): 16 of 16 tensors of the model are taken (F32, I64)."),
                "\(result.output)")
        }
        // The option for it, also with a quotation mark in a name; it starts a new run.
        let copy = directory.path("a \"file\".safetensors")
        try weights("first").write(to: copy)
        for (name, from) in [("from-run", first), ("from-file", copy)] {
            let result = try train(name, Self.still + ["--from", from])
            #expect(result.status == 0, "\(result.tail)")
            #expect(try parameters(weights(name)) == parameters(weights("first")))
        }
        let both = try train("from-run", ["--from", first, "--resume"])
        #expect(both.status == 2 && both.output.contains("leave one of them out"), "\(both.output)")
        #expect(try train("other", Self.still).status == 0)
        #expect(try parameters(weights("other")) != parameters(weights("first")))
    }

    /// Another precision, a prefix, a tensor that is left, and a head that keeps its initial values.
    @Test func aPartOfAFileIsTaken() throws {
        var copy = try weights("first")
        copy.cutToBFloat16()
        copy.rename { $0.hasPrefix("output.") ? "head.\($0.dropFirst(7))" : "encoder.\($0)" }
        copy.entries.removeAll { $0.name.hasSuffix("num_batches_tracked") }
        let path = directory.path("partial.safetensors")
        try copy.write(to: path)
        let keys = set("initialize.from=\(path)", "initialize.map={encoder.: \"\"}")
        let refused = try train("refused", Self.still + keys)
        #expect(
            refused.status == 2
                && refused.output.contains(
                    "it lacks output.weight, output.bias of the model; the model lacks head.bias, head.weight of it. Rename tensors with"
                ), "\(refused.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("refused")))

        let loose = try train("loose", Self.still + keys + set("initialize.strict=false"))
        #expect(loose.status == 0, "\(loose.tail)")
        #expect(
            loose.output.contains("partial.safetensors: 12 of 16 tensors of the model are taken (BF16).")
                && loose.output.contains(
                    "Missing there, so that they keep their initial values: output.weight, output.bias.")
                && loose.output.contains("Left there: head.bias, head.weight."), "\(loose.output)")
        #expect(try train("random", Self.still).status == 0)
        let (taken, random, whole) = try (
            parameters(weights("loose")), parameters(weights("random")), parameters(weights("first"))
        )
        #expect(taken["output.weight"] == random["output.weight"])
        let cut = (whole["hidden.0.weight"] ?? Data()).enumerated().map { $0.offset % 4 < 2 ? 0 : $0.element }
        #expect(taken["hidden.0.weight"] == Data(cut))
        #expect(taken["hidden.0.weight"] != whole["hidden.0.weight"])

        let mapped = try train(
            "mapped",
            Self.still + set("initialize.from=\(path)", "initialize.map={encoder.: \"\", head.: output.}"))
        #expect(mapped.status == 0, "\(mapped.tail)")
        // The configuration of the run reads back, and lets the run be evaluated without the file.
        try FileManager.default.removeItem(atPath: path)
        let evaluated = try CommandRunner.lockstep(
            ranks: 1, ["evaluate", directory.path("mapped")], timeout: 60)
        #expect(evaluated.status == 0, "\(evaluated.tail)")
    }

    @Test func shapesThatDoNotFitAreRefused() throws {
        let keys = set("initialize.from=\(first)", "data.synthetic.classes=4")
        let refused = try train("refused", keys)
        #expect(
            refused.status == 2
                && refused.output.contains(
                    "its tensor output.weight has the shape [3, 8], and output.weight of the model [4, 8];"),
            "\(refused.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("refused")))
        let skipped = try train("skipped", Self.still + keys + set("initialize.skip=[output]"))
        #expect(skipped.status == 0, "\(skipped.tail)")
        #expect(
            skipped.output.contains(
                "Kept their initial values, as initialize.skip says: output.weight, output.bias."),
            "\(skipped.output)")
    }

    /// The same bits on any number of ranks; a resume goes on from the checkpoint, also without the file.
    @Test func sameBitsAndResume() throws {
        let path = directory.path("weights.safetensors")
        try weights("first").write(to: path)
        let keys = set("initialize.from=\(path)", "average={decay: 0.9}", "seed=5")
        #expect(try train("one", keys).status == 0)
        let one = try RunResults(directory.path("one"))
        #expect(try train("three", ranks: 3, keys).status == 0)
        #expect(try RunResults(directory.path("three")).difference(from: one) == nil)
        #expect(try train("cut", ranks: 2, keys + ["--stop-after-step", "5"]).status == 0)
        try FileManager.default.removeItem(atPath: path)
        let resumed = try train("cut", ranks: 1, keys + ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try RunResults(directory.path("cut")).difference(from: one) == nil)
        // Averages are what is evaluated, and what another run takes.
        let next = try train("next", Self.still + set("initialize.from=\(directory.path("one"))"))
        #expect(next.status == 0, "\(next.tail)")
        let optimizer = try SafetensorsCopy(directory.path("one/checkpoints/latest/optimizer.safetensors"))
        let averages = Dictionary(
            uniqueKeysWithValues: optimizer.entries.filter { $0.name.hasPrefix("average.") }.map {
                (String($0.name.dropFirst(8)), $0.entry.bytes)
            })
        #expect(try !averages.isEmpty && parameters(weights("next")) == averages)
    }

    @Test(arguments: [
        ("initialize.from=nowhere", "there is no file or directory nowhere"),
        (
            "initialize.from=run.yaml",
            "cannot be read as a safetensors file (PyTorch's .pt and .bin files are others"
        ),
        ("initialize.from=~/weights", "'~' does not name the home directory here"),
        ("initialize.map={a: b}", "initialize.from: is missing"),
        (
            "initialize={from: first, skip: [hiden]}",
            "initialize.skip[0]: no tensor or scope of the model is named 'hiden'; did you mean 'hidden'?"
        ),
        ("initialize={from: first, map: {hidden.: other., output.: other.}}", "it lacks hidden.0.weight"),
        (
            "initialize={from: first, map: {\"\": x.}, strict: false}",
            "no tensor of it is in the model. It has"
        ),
        (
            "initialize={from: first, map: {normalization.0.: hidden.0.}, strict: false}",
            "both come to hidden.0.weight"
        ),
        ("initialize={from: first, map: [a]}", "initialize.map: must be a map of texts"),
    ])
    func mistakes(_ change: String, _ message: String) throws {
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("mistake"), "--set", change],
            directory: directory.url, timeout: 60)
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("mistake")))
    }
}
