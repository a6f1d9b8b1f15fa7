import LockstepConfiguration
import LockstepTraining

/// Draws run files and overrides: complete ones with a few extreme values, in all forms of YAML.
struct RunFileDraws {
    /// Run files that train within milliseconds.
    static let bases: [[(String, String)]] = [
        [
            ("model", "{mlp: {hidden: [8], batch_norm: true}}"),
            ("data", "{synthetic: {samples: 65, test_samples: 12, shape: [4], classes: 3, validation: 0.2}}"),
            ("batch", "16"), ("shards", "2"), ("max_steps", "3"),
            ("optimizer", "{sgd: {learning_rate: 0.1}}"),
        ],
        [
            ("model", "{cnn: {stages: [{channels: 4}], dense: [8]}}"),
            ("data", "{synthetic: {samples: 40, test_samples: 8, shape: [8, 8, 3], classes: 2}}"),
            ("batch", "8"), ("shards", "1"), ("max_steps", "2"), ("optimizer", "adam"),
            ("schedule", "{cosine: {warmup_steps: 1}}"),
        ],
        [
            ("model", "{gpt: {layers: 1, width: 8, heads: 2}}"),
            ("data", "{text: {path: @, context: 8, validation: 0.2}}"), ("batch", "4"), ("shards", "2"),
            ("max_steps", "2"), ("optimizer", "{adamw: {}}"), ("clip", "{norm: 1.0}"),
        ],
        [
            ("model", "{lstm: {layers: 1, embedding: 4, hidden: 8}}"),
            ("data", "{text: {path: @, context: 6}}"), ("batch", "4"), ("max_steps", "2"),
            ("optimizer", "{rmsprop: {centered: true}}"),
        ],
        [
            ("model", "{mlp: {hidden: []}}"),
            ("data", "{csv: {train: @, target: a, task: regression, validation: 0.3, header: true}}"),
            ("batch", "2"), ("shards", "1"), ("epochs", "1"), ("optimizer", "adagrad"),
            ("early_stopping", "{metric: validation_loss, patience: 1}"), ("loss", "{huber: {delta: 1.0}}"),
        ],
    ]

    /// The contents of the file that replaces `@`.
    static let file = Array("a,b,c\n1,2,3\n4,5,6\n7,8,9\n1,0,2\n2,2,2\n3,1,4\n5,9,2\n6,5,3\n".utf8)

    private static let scalars = [
        "0", "-1", "1", "2", "3", "7", "64", "255", "1000", "65535", "65536", "65537", "100000", "1000000",
        "2147483647", "2147483648", "4294967296", "9007199254740993", "1000000000000", "1000000000000000000",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
        "18446744073709551616",
        "1e18", "1e308", "1.7976931348623157e+308", "1e309", "1e-320", "1.0e-45", "1e-38", "5e-324", "-0.0",
        "0.0", "0.5", "1.0",
        "0.9999999999999999", "1.0000000000000002", ".nan", "nan", ".inf", "-.inf", "1_000", "0x10", "0o7",
        "+5", ".5", "5.", "none",
        "auto", "null", "~", "true", "false", "yes", "''", "\"0.1\"", "\"a\\0b\"", "é", "[]", "{}", "[1]",
        "[1, 2, 3]", "[[1]]",
        "{a: 1}", "'x'", "1h30m", "1e300d", "9999999999999999h", "[0.1, 0.2, 0.7]", "[0, 0, 0]", "balanced",
        "@", "/dev/null", "/",
        "/dev/zero", "[1000000, 1000000]", "[-1]", "{norm: 1e-320}", "{value: 0}", "[rotation]",
        "[{random_crop: {padding: 2}}]",
    ]

    private let paths: [String]

    init() throws {
        paths = try ConfigurationReference.runFile().keys.map(\.path).filter { !$0.contains("program") }
    }

    /// A value for any key.
    func value(_ draws: inout FuzzDraws) -> String {
        guard draws.percent(8) else { return draws.pick(Self.scalars) }
        let depth = draws.pick([2, 10, 100, 2000])
        return switch draws.below(4) {
        case 0: String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        case 1: String(repeating: "{a: ", count: depth) + "1" + String(repeating: "}", count: depth)
        case 2: String(repeating: draws.pick(["9", "x", "1_", "\u{300}"]), count: depth * 10)
        default: "[" + (0..<depth).map { _ in draws.pick(Self.scalars) }.joined(separator: ", ") + "]"
        }
    }

    /// `key.path=value` for one of all keys, sometimes with mistakes.
    func override(_ draws: inout FuzzDraws) -> String {
        var path = draws.pick(paths).replacing("[]", with: ".0")
        if draws.percent(10) {
            path = draws.pick([
                path + "x", path + ".x", "." + path, path + ".", path.uppercased(), "", "x", "model",
                "data.0", "a..b",
                String(repeating: "a.", count: draws.pick([10, 1000, 20_000])) + "b",
            ])
        }
        return path + draws.pick(["=", "=", "=", "=", "=", "=", "=", " = ", "", "=="]) + value(&draws)
    }

    /// The text of a run file.
    func text(_ draws: inout FuzzDraws) -> String {
        var entries = draws.pick(Self.bases)
        for _ in 0..<draws.count(upTo: 3) { change(&entries, &draws) }
        var text = entries.map { "\($0.0): \($0.1)\n" }.joined()
        if draws.percent(15) { text = bomb(&draws) + text }
        if draws.percent(20) {
            var bytes = Array(text.utf8)
            ByteMutation.apply(to: &bytes, &draws)
            text = String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    private func change(_ entries: inout [(String, String)], _ draws: inout FuzzDraws) {
        let index = draws.below(entries.count)
        switch draws.below(8) {
        case 0: entries.remove(at: index)
        case 1: entries.append(entries[index])
        case 2: entries[index].0 += draws.pick(["_size", "s", "x", " ", ":", "é", "\u{1B}[1m"])
        case 3:
            entries[index].0 = draws.pick([
                "[a, b]", "{a: b}", "? [x]", "*a", "&a k", "!!str k", "<<", "''", "-", "- x",
            ])
        default:
            entries.append(
                (draws.pick(["seed", "l1", "l2", "threads", "time_limit"] + Self.top(paths)), value(&draws)))
            if draws.percent(60), let last = entries.popLast() {
                entries.removeAll { $0.0 == last.0 }
                entries.append(last)
            }
        }
        if entries.isEmpty { entries = Self.bases[0] }
    }

    private static func top(_ paths: [String]) -> [String] { paths.filter { !$0.contains(".") } }

    /// Aliases of aliases, as values and as keys.
    private func bomb(_ draws: inout FuzzDraws) -> String {
        let (levels, width) = (draws.pick([2, 6, 12, 30]), draws.pick([1, 2, 9]))
        var text = "z0: &a0 \(draws.pick(["x", "[x]", "{x: y}"]))\n"
        for level in 1...levels {
            let one = "*a\(level - 1)"
            text += "z\(level): &a\(level) "
            switch draws.below(3) {
            case 0: text += "{? \(one) : \(one)}\n"
            case 1: text += "{" + (0..<width).map { "k\($0): \(one)" }.joined(separator: ", ") + "}\n"
            default: text += "[" + (0..<width).map { _ in one }.joined(separator: ", ") + "]\n"
            }
        }
        return text
    }
}
