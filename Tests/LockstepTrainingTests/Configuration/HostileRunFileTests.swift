import Foundation
import LockstepConfiguration
import LockstepExperiment
import LockstepTraining
import Testing

/// Hostile run files and overrides: each is refused at once, with a message that a terminal can show.
@Suite struct HostileRunFileTests {
    private static let good = """
        model: {mlp: {hidden: [8]}}
        data: {synthetic: {samples: 32}}
        batch: 16
        max_steps: 2
        optimizer: sgd

        """

    private func error(_ yaml: String, _ overrides: [String] = []) -> ConfigurationError? {
        #expect(throws: ConfigurationError.self) { try RunFile(yaml: yaml, overrides: overrides) }
    }

    private func keys(levels: Int) -> String {
        (1...levels).map { "z\($0): &a\($0) {? [*a\($0 - 1), *a\($0 - 1)] : 1}\n" }.joined()
    }

    @Test func aliasesOfAliases() {
        let values = (1...30).map { "z\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1), *a\($0 - 1)]\n" }.joined()
        for bomb in [values, keys(levels: 30)] {
            let error = error("z0: &a0 x\n" + bomb + Self.good)
            #expect(error?.kind == .syntax)
            #expect(error?.problem.contains("aliases expand to more than 4000000 bytes") == true)
        }
        #expect(
            error("a: &x 1\nb: &x 2\nc: *x\n" + Self.good)?.problem.contains("&x is defined twice") == true)
        #expect(error("a: *nobody\n" + Self.good)?.kind == .syntax)
    }

    /// What people use aliases for is legal.
    @Test func aliasesOfValues() throws {
        let yaml = Self.good.replacing("[8]", with: "[&width 24, *width, *width]")
        #expect(try RunFile(yaml: yaml) == RunFile(yaml: Self.good.replacing("[8]", with: "[24, 24, 24]")))
    }

    @Test func deepPaths() {
        for count in [33, 16_000] {
            let error = error(Self.good, [String(repeating: "a.", count: count - 1) + "b=1"])
            #expect(error?.kind == .syntax)
            #expect(error?.problem.contains("has a key of \(count) parts") == true)
            #expect((error?.description.utf8.count ?? 0) < 500)
        }
        #expect(error(Self.good, [String(repeating: "a.", count: 31) + "b=1"])?.kind == .unknownKey)
    }

    @Test func deepValues() {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
            for depth in [900, 100_000] {
                let value =
                    String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                #expect(error(Self.good + "x:\n  \(value)\n") != nil)
            }
        }
    }

    @Test func keysThatAreNoWords() {
        for key in ["? [a]\n", "? {a: b}\n", "{a: b}", "[a]"] {
            #expect(error(Self.good + "\(key): 1\n")?.kind == .syntax, "\(key)")
        }
        #expect(error(Self.good + "\"batch\": 8\n")?.kind == .duplicateKey)
        #expect(error(Self.good + "batch: 8\n")?.kind == .duplicateKey)
        #expect(error(Self.good + "\tseed: 1\n")?.kind == .syntax)
        #expect(error(Self.good + "<<: {seed: 1}\n")?.kind == .unknownKey)
    }

    @Test func controlCharacters() {
        for text in ["\"\\e[2Jx\": 1\n", "seed: \"\\e[2J\"\n", "\"\\u202Egnp\": 1\n"] {
            let words = error(Self.good + text)?.description ?? ""
            #expect(words.contains("\\u{1b}") || words.contains("\\u{202e}"), "\(words)")
            #expect(words.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        }
        #expect(error(Self.good, ["\u{1B}[2J=1"])?.description.contains("\u{1B}") == false)
        let long = error(Self.good + String(repeating: "k", count: 900) + ": 1\n")
        #expect(long?.kind == .unknownKey && (long?.description.utf8.count ?? 0) < 1000)
    }

    /// Numbers that arithmetic would not survive, each with the range in the message.
    @Test(arguments: [
        "batch=1000000000000000000", "epochs=9223372036854775807", "max_steps=9000000000000000000",
        "log_every_steps=9223372036854775807", "evaluate.every_steps=9223372036854775807",
        "evaluate.every_epochs=9223372036854775807", "checkpoint.every_epochs=9223372036854775807",
        "checkpoint.keep=9223372036854775807", "local_sgd={every: 9223372036854775807}",
        "early_stopping={patience: 9223372036854775807}",
        "schedule={cosine: {warmup_steps: 9223372036854775807}}",
        "schedule={step: {every: 9223372036854775807}}", "schedule={step: {every: 2, factor: 1e300}}",
        "schedule={milestones: {milestones: [9223372036854775807]}}", "schedule={one_cycle: {peak: 1e300}}",
        "schedule={one_cycle: {divisor: 1e308}}", "loss={huber: {delta: 1e-320}}",
        "loss={huber: {delta: 1e30}}",
        "optimizer={adam: {epsilon: 1e-320}}", "optimizer={adam: {epsilon: 1e300}}",
        "optimizer.sgd.learning_rate=1e300",
        "optimizer.sgd.weight_decay=1e300", "optimizer={adagrad: {initial_accumulator: 1e300}}", "l1=1e39",
        "l2=1e300",
        "clip={norm: 1e-320}", "clip={value: 1e300}", "loss={cross_entropy: {class_weights: [1, 1e39]}}",
        "loss={cross_entropy: {class_weights: [1, 1e-45]}}",
        "loss={cross_entropy: {class_weights: [1e-50, 1]}}",
        "loss={cross_entropy: {label_smoothing: 0.99999999}}",
        "model={cnn: {stages: [{channels: 1048576}]}}", "model={resnet: {width: 1048576}}",
        "model={mobilenet: {stem: 1048576}}",
    ])
    func numbersAtTheEdge(_ override: String) {
        let error = error(Self.good, [override])
        #expect(error?.kind == .illegalValue)
        #expect(error?.problem.contains("must be ") == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(arguments: [
        "seed=18446744073709551616", "seed=-1", "time_limit=9999999999999999h", "batch=1e2", "batch=0x10",
        "batch='16'",
        "optimizer.sgd.learning_rate=.nan", "optimizer.sgd.learning_rate=.inf",
        "optimizer.sgd.learning_rate=1e400",
        "batch=99999999999999999999", "batch=", "model.mlp.hidden=[[8]]", "model.mlp.hidden={a: 1}",
    ])
    func otherNumbers(_ override: String) {
        let kind = error(Self.good, [override])?.kind
        #expect(kind == .wrongType || kind == .illegalValue)
    }

    @Test func seeds() throws {
        let file = try RunFile(yaml: Self.good, overrides: ["seed=18446744073709551615"])
        #expect(file.configuration.seed == .max)
        #expect(try RunFile(yaml: Self.good, overrides: ["seed=1_000"]).configuration.seed == 1000)
    }

    @Test func longLists() {
        let many = (0..<2000).map { _ in "8" }.joined(separator: ", ")
        #expect(error(Self.good, ["model.mlp.hidden=[\(many)]"])?.kind == .illegalValue)
        let stages = (0..<200).map { _ in "{channels: 8}" }.joined(separator: ", ")
        #expect(error(Self.good, ["model={cnn: {stages: [\(stages)]}}"])?.kind == .illegalValue)
    }
}
