import LockstepConfiguration
import LockstepExperiment
import LockstepTraining
import Testing

/// The list of keys against what the reader of run files takes.
@Suite struct ConfigurationReferenceTests {
    private let reference: ConfigurationReference

    init() throws { reference = try .runFile() }

    private static let plain = [
        "model: {mlp: {hidden: [8]}}", "data: {fashion_mnist: {validation: 0.1}}", "batch: 16", "epochs: 1",
        "optimizer: adam",
    ]
    private static let augment =
        "augment: [{random_crop: {padding: 1}}, horizontal_flip, {rotation: {degrees: 5}}, "
        + "{scaling: {minimum: 0.9, maximum: 1.1}}, brightness_contrast, {cutout: {size: 2}}]"
    private static let columns =
        "dates: [{column: c}], hashed: [{column: d}], impute: [{columns: [e], strategy: constant, value: 0}]"
    private static let images = "validation: {fold: 0, of: 5}, \(augment)"

    /// The lines that replace or extend the plain run file: together these files have every key.
    static let variants: [[String]] = [
        [], ["model: cnn"], ["model: resnet"], ["model: mobilenet"],
        ["model: gpt", "data: {text: {path: a.txt, validation: 0.1}}"],
        ["model: rnn", "data: {king_james: {validation: 0.1}}"],
        ["model: lstm", "data: {shakespeare: {validation: 0.1}}"],
        ["model: gpt", "data: {tokens: {path: a.bin, vocabulary: 9, validation: 0.1}}"],
        ["model: gru", "data: {text: {path: a.txt}}"], ["model: none"],
        ["data: {fashion_mnist: {\(images)}}"], ["data: {cifar10: {directory: a, \(images)}}"],
        ["data: {idx: {train_images: a, train_labels: b, \(images)}}"],
        ["data: {npy: {train_inputs: a, train_targets: b, \(images)}}"],
        ["data: {synthetic: {shape: [8, 8, 3], \(images)}}"],
        ["data: {csv: {train: a, target: b, validation: {fold: 0, of: 5}}}"],
        ["data: {csv: {train: a, target: b, task: regression}}", "loss: huber"],
        ["data: {csv: {train: a, target: b, \(columns)}}"],
        ["data: {jsonl: {train: a, target: b, \(columns)}}"],
        [
            "data: {sequences: {train_inputs: a, train_lengths: b, train_targets: c, validation: {fold: 0, of: 5}}}"
        ],
        ["data: {sequences: {train_inputs: a, train_lengths: b, train_targets: c, validation: 0.1}}"],
        ["data: {jsonl: {train: a, target: b, validation: {fold: 0, of: 5}}}"],
        ["data: {jsonl: {train: a, target: b, validation: 0.1}}"],
        ["data: {hdf5: {train: a, inputs: b, targets: c, \(images)}}"],
        ["data: {hdf5: {train: a, inputs: b, targets: c, validation: 0.1}}"],
        ["data: {image_folder: {train: a, size: [8], \(images)}}"],
        ["data: {image_folder: {train: a, size: [8], validation: 0.1}}"],
        ["data: {image_shards: {train: a, size: [8], \(images)}}"],
        ["data: {image_shards: {train: a, size: [8], validation: 0.1}}"],
        ["data: {sound_folder: {train: a, sample_rate: 8000, validation: {fold: 0, of: 5}}}"],
        ["data: {sound_folder: {train: a, sample_rate: 8000, validation: 0.1}}"],
        ["freeze: {parameters: [hidden], until: 5}"], ["average: {}"], ["initialize: {from: a}"],
        ["data: {cifar10: {directory: a}}"], ["data: {idx: {train_images: a, train_labels: b}}"],
        ["data: {npy: {train_inputs: a, train_targets: b}}"], ["data: synthetic"],
        ["optimizer: sgd"], ["optimizer: adamw"], ["optimizer: rmsprop"], ["optimizer: adagrad"],
        ["optimizer: lion"], ["optimizer: lars"], ["optimizer: lamb"],
        ["schedule: {step: {every: 10}}"], ["schedule: {milestones: {milestones: [3]}}"],
        ["schedule: {exponential: {decay: 0.9}}"], ["schedule: polynomial"], ["schedule: cosine"],
        ["schedule: one_cycle"], ["clip: {norm: 1}"], ["clip: {value: 1}"], ["loss: cross_entropy"],
        ["early_stopping: {}"], ["local_sgd: {every: 4}"], ["allreduce: {compression: {top_k: 0.05}}"],
        ["trackers: [csv, tensorboard, mlflow]"],
    ]

    /// Data of which nothing can be augmented.
    static let kindsWithoutAugmentation = ["csv", "jsonl", "sequences", "sound_folder"]

    /// A run file with every default written out.
    static func text(_ lines: [String]) throws -> String {
        var file = plain
        for line in lines {
            let key = line.prefix { $0 != ":" }
            file.removeAll { $0.hasPrefix("\(key):") }
            file.append(line)
        }
        return try RunFile(yaml: file.joined(separator: "\n")).configuration.yaml()
    }

    /// Its tree.
    private static func effective(_ lines: [String]) throws -> ConfigurationNode {
        try .yaml(text(lines), file: nil)
    }

    /// The paths of a tree that have a value or a list, and the texts of values.
    private static func leaves(_ node: ConfigurationNode, _ path: String = "") -> [String: String] {
        switch node.content {
        case .mapping([]): return [path: "{}"]
        case .mapping(let entries):
            return entries.reduce(into: [:]) { all, entry in
                let below = leaves(entry.value, path.isEmpty ? entry.key : "\(path).\(entry.key)")
                all.merge(below) { first, _ in first }
            }
        case .sequence(let nodes):
            var all = [path: "a list"]
            for node in nodes {
                if case .mapping = node.content {
                    all.merge(leaves(node, "\(path)[]")) { first, _ in first }
                }
            }
            return all
        case .scalar(let text, _): return [path: text]
        case .empty: return [path: ""]
        }
    }

    @Test func itHasEveryKeyThatIsReadAndNoOther() throws {
        var read: Set<String> = []
        for variant in Self.variants { read.formUnion(Self.leaves(try Self.effective(variant)).keys) }
        let listed = Set(reference.keys.map(\.path))
        #expect(read.subtracting(listed) == [])
        // A choice, and a map that may be absent, are keys, too; of a table nothing can be augmented.
        let above = read.flatMap { path in path.indices.filter { path[$0] == "." }.map { String(path[..<$0]) }
        }
        let unread = listed.subtracting(read).subtracting(above).filter {
            key in !Self.kindsWithoutAugmentation.contains { key.hasPrefix("data.\($0).augment[]") }
        }
        #expect(unread == [])
    }

    @Test func defaultsAreThoseOfTheReader() throws {
        let written = ["data.fashion_mnist.validation", "batch", "epochs"]
        var compared = 0
        for lines in [[], ["optimizer: sgd"], ["schedule: one_cycle"], ["model: gpt", "data: king_james"]] {
            let values = Self.leaves(try Self.effective(lines)).filter { !written.contains($0.key) }
            for (path, text) in values where text != "a list" {
                let key = try #require(reference.keys.first { $0.path == path }, "\(path)")
                // It depends on the data set.
                if path == "evaluation_block", text != "500" { continue }
                #expect(key.defaultValue == text, "\(path)")
                compared += 1
            }
        }
        #expect(compared > 100)
    }

    @Test func everyKeyIsExplainedOnce() {
        #expect(Set(reference.keys.map(\.path)).count == reference.keys.count)
        for key in reference.keys {
            #expect(!key.meaning.isEmpty && !key.values.isEmpty, "\(key.path)")
            #expect(!(key.meaning + key.values).contains("\n"), "\(key.path)")
        }
    }

    @Test(arguments: [
        ("batch", "a whole number from 1 to 1000000000", "required"),
        ("shards", "a whole number from 1 to 65536, or auto", "auto"),
        ("checkpoint.keep", "a whole number from 1 to 1000000000, or none", "3"),
        ("precision", "one of float32, bf16", "float32"),
        ("early_stopping", "a map of keys, or none", "none"),
        ("optimizer", "one of sgd, adam, adamw, rmsprop, adagrad, lion, lars, lamb", "required"),
        ("optimizer.adamw.weight_decay", "a number from 0 to 1e+30", "0.01"),
        ("optimizer.adam.beta1", "a number of at least 0 and below 1", "0.9"),
        ("clip.norm", "a number from 1e-30 to 1e+30", "required"),
        ("schedule.cosine.warmup_start", "a number from 0 to 1, or auto", "auto"),
        ("allreduce.compression.top_k", "a number above 0 and of at most 1", "required"),
        ("data.text.validation", "a number above 0 and below 1, or none", "none"),
        (
            "loss.cross_entropy.class_weights",
            "one of none, balanced, or a list of weights from 0 to 1e+30", "none"
        ),
        (
            "schedule", "one of constant, step, milestones, exponential, polynomial, cosine, one_cycle",
            "constant"
        ),
        ("model.cnn.stages[].channels", "a whole number from 1 to 65536", "required"),
        ("model.cnn.stages[].kernel", "a whole number from 1 to 31", "3"),
        (
            "data.synthetic.shape", "a list of whole numbers from 1 to 1000000, such as [a, b]", "[32]"
        ),
        ("data.csv.target", "the name of the column to predict", "required"),
        ("data.npy.augment[].rotation.degrees", "a number above 0 and of at most 180", "required"),
    ])
    func whatAKeyMayHold(_ path: String, _ values: String, _ defaultValue: String) throws {
        let key = try #require(reference.keys.first { $0.path == path })
        #expect(key.values == values)
        #expect(key.defaultValue ?? "required" == defaultValue)
    }

    @Test func keysUnderAName() throws {
        let adam = try reference.keys(under: "optimizer.adam").map(\.path)
        #expect(
            adam
                == ["learning_rate", "beta1", "beta2", "epsilon", "weight_decay"].map {
                    "optimizer.adam.\($0)"
                })
        let optimizers = try reference.keys(under: "optimizer").map(\.path)
        #expect(optimizers.first == "optimizer" && optimizers.allSatisfy { $0.hasPrefix("optimizer") })
        #expect(
            try reference.keys(under: "model.cnn.stages[0].pool").map(\.path) == ["model.cnn.stages[].pool"])
        // No path begins so: wherever it stands.
        #expect(
            try reference.keys(under: "momentum").map(\.path)
                == ["optimizer.sgd.momentum", "optimizer.rmsprop.momentum", "optimizer.lars.momentum"])
        for (name, hint) in [
            ("optimiser", "optimizer"), ("optimizer.adm", "optimizer.adam"),
            ("lerning_rate", "learning_rate"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try reference.keys(under: name) }
            #expect(
                error?.description
                    == "\(name): no key of a run file has this name; did you mean '\(hint)'? the command `keys` lists all"
            )
        }
    }

    @Test func table() throws {
        #expect(
            ConfigurationReference.table(try reference.keys(under: "allreduce.compression")) == """
                key                          default   meaning
                allreduce.compression        none      compression between hosts: bf16 sends half the bytes, \
                top_k the largest gradients (one of none, bf16, top_k)
                allreduce.compression.top_k  required  share of the gradients that is sent: those with the \
                largest magnitudes (a number above 0 and of at most 1)

                """)
    }

    /// On a terminal no line is longer than it is wide, every word is there, and topics are separated.
    @Test(arguments: [40, 80, 120]) func keysAreWrapped(_ columns: Int) throws {
        let keys = try ConfigurationReference.runFile().keys
        let text = ConfigurationReference.table(keys, columns: columns)
        func words(_ text: String) -> [Substring] { text.split { $0.isWhitespace } }
        #expect(words(text) == words(ConfigurationReference.table(keys)))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // A name, its default and a long word are not cut.
        let tooLong = lines.filter {
            $0.count >= columns && words(String($0)).count > 2 && (columns > 40 || $0.hasPrefix(" "))
        }
        #expect(tooLong.isEmpty, "\(tooLong.prefix(3))")
        #expect(lines.count { $0.isEmpty } > 5 && lines.count > keys.count)
    }
}
