import LockstepConfiguration
import Testing

/// A stand-in for a component, with a key of most sorts.
private struct Sample: Configurable, Equatable {
    enum Rule: ConfigurableChoice, Equatable {
        case sgd(momentum: Double)
        case adam(rate: Double, beta: Double)
        case norm(Double)
        case none

        static var choices: [ConfigurationChoice<Rule>] {
            [
                .map(
                    "sgd", from: { if case .sgd(let momentum) = $0 { momentum } else { nil } }, to: Rule.sgd,
                    KeyTable(defaults: 0, .number("momentum", \.self, .within(0..<1), "for tests"))),
                .map(
                    "adam", from: { if case .adam(let rate, let beta) = $0 { (rate, beta) } else { nil } },
                    to: { Rule.adam(rate: $0.0, beta: $0.1) },
                    KeyTable<(Double, Double)>(
                        defaults: (0, 0.9),
                        .number("learning_rate", \.0, .above(0), "for tests", default: .required),
                        .number("beta", \.1, .any, "for tests"))),
                .number(
                    "norm", from: { if case .norm(let norm) = $0 { norm } else { nil } }, to: Rule.norm,
                    .above(0), "for tests"),
                .word("none", .none),
            ]
        }
    }
    enum Word: String, CaseIterable {
        case low
        case high
    }

    var count = 3
    var limit: Int?
    var rate = 0.5
    var isOn = false
    var name = "a b"
    var hidden = [4, 5]
    var word = Word.low
    var rule = Rule.none
    var time: Double?

    static var keys: KeyTable<Self> {
        KeyTable(
            .integer("count", \.count, .atLeast(1), "for tests"),
            .optionalInteger("limit", \.limit, .atLeast(0), "for tests"),
            .number("learning_rate", \.rate, .above(0, upTo: 1), "for tests"),
            .flag("is_on", \.isOn, "for tests"), .text("name", \.name, "for tests"),
            .integers("hidden", \.hidden, .atLeast(1), "for tests"), .word("word", \.word, "for tests"),
            .optionalDuration("time", \.time, "for tests"), .choice("rule", \.rule, "for tests"))
    }
}

private func read(_ yaml: String, set overrides: [String] = []) throws -> (Sample, EffectiveConfiguration) {
    var root = try ConfigurationNode.yaml(yaml, file: "run.yaml")
    for override in overrides { try ConfigurationOverride(override).apply(to: &root) }
    let section = try ConfigurationSection(root: root, file: "run.yaml")
    let component = try Sample.keys.read(section, nil)
    try section.finish()
    return (component, section.effective)
}

/// The message for a run file that must be refused.
private func refusal(_ yaml: String, set overrides: [String] = []) -> String {
    do {
        let (component, _) = try read(yaml, set: overrides)
        return "accepted: \(component)"
    } catch {
        return "\(error)"
    }
}

@Suite struct KeyTableTests {
    @Test func readsEverySort() throws {
        let (component, _) = try read(
            """
            count: 10_000
            limit: 0
            learning_rate: 1e-3
            is_on: true
            name: "x: y # z"
            hidden: [1, 2]   # a comment
            word: high
            time: 1h30m
            rule: {adam: {learning_rate: 0.25}}
            """)
        #expect(
            component
                == Sample(
                    count: 10_000, limit: 0, rate: 0.001, isOn: true, name: "x: y # z", hidden: [1, 2],
                    word: .high,
                    rule: .adam(rate: 0.25, beta: 0.9), time: 5400))
    }

    @Test(arguments: [
        "count: 1", "rule: none\nlimit: none", "rule: sgd", "rule: {sgd: {momentum: 0.9}}", "rule: {norm: 1}",
        "rule:\n  adam:\n    learning_rate: 1.2345678901234567e-9", "name: 'true'",
        "name: \"a\\n\\u2028\\\\\\\"\"",
        "name: Ünï", "name: '- x'", "name: '1e5'", "time: 0.1", "hidden: []", "limit: 7", "name: none",
    ])
    func effectiveConfigurationReadsBack(_ yaml: String) throws {
        let (component, effective) = try read(yaml)
        let (again, effectiveAgain) = try read(effective.yaml)
        #expect(again == component)
        #expect(effectiveAgain.yaml == effective.yaml)
        // And written from the values alone, without the file they came from.
        let section = try ConfigurationSection(root: nil, file: nil)
        #expect(try Sample.keys.read(section, component) == component)
        #expect(section.effective.yaml == effective.yaml)
    }

    @Test func effectiveConfigurationHasEveryDefault() throws {
        let (_, effective) = try read("count: 4\nrule: {adam: {learning_rate: 1e-8}}")
        #expect(
            effective.yaml == """
                count: 4
                limit: none
                learning_rate: 0.5
                is_on: false
                name: "a b"
                hidden: [4, 5]
                word: low
                time: none
                rule:
                  adam:
                    learning_rate: 1.0e-08
                    beta: 0.9

                """)
    }

    @Test(arguments: [
        (
            "count: 1\nlerning_rate: 1",
            "run.yaml:2: lerning_rate: unknown key; did you mean 'learning_rate'? the command `keys` lists all"
        ),
        (
            "\n\nbatch: 1",
            "run.yaml:3: batch: unknown key; known here: count, limit, learning_rate, is_on, name, hidden, word, "
                + "time, rule; the command `keys` lists all"
        ),
        (
            "momentum: 1\nrule: sgd",
            "run.yaml:1: momentum: unknown key; it belongs under another key: 'rule.sgd.momentum'; the command `keys` lists all"
        ),
        (
            "rule:\n  sgd:\n    momentun: 0.9",
            "run.yaml:3: rule.sgd.momentun: unknown key; did you mean 'momentum'? the command `keys` lists all"
        ),
        (
            "rule: {adam: {lr: 1}}",
            "run.yaml:1: rule.adam.lr: unknown key; did you mean 'learning_rate'? the command `keys` lists all"
        ),
        (
            "rule:\n  adam:\n    learning-rate: 1",
            "run.yaml:3: rule.adam.learning-rate: unknown key; did you mean 'learning_rate'? the command `keys` lists all"
        ),
        (
            "count: 1\nrule: {adm: {}}",
            "run.yaml:2: rule.adm: unknown; it must be one of sgd, adam, norm, none; did you mean 'adam'?"
        ),
        (
            "rule: {none: {x: 1}}",
            "run.yaml:1: rule.none.x: unknown key; there are no keys here; the command `keys` lists all"
        ),
        (
            "rule:\n  sgd: {}\n  none:",
            "run.yaml:3: rule.none: only one of sgd, adam, norm, none can be chosen; got 'sgd' and 'none'"
        ),
        ("rule: {}", "run.yaml:1: rule: must be one of sgd, adam, norm, none; got a map without keys"),
        ("rule: [sgd]", "run.yaml:1: rule: must be one of sgd, adam, norm, none; got a list"),
    ])
    func unknownKeys(_ yaml: String, _ message: String) {
        #expect(refusal(yaml) == message)
    }

    @Test(arguments: [
        ("count: many", "run.yaml:1: count: must be a whole number of at least 1; got many"),
        ("count: 1.5", "run.yaml:1: count: must be a whole number of at least 1; got 1.5"),
        ("count: \"2\"", "run.yaml:1: count: must be a whole number of at least 1; got the text \"2\""),
        ("count: 1_", "run.yaml:1: count: must be a whole number of at least 1; got 1_"),
        (
            "count: 99999999999999999999",
            "run.yaml:1: count: must be a whole number of at least 1; got 99999999999999999999"
        ),
        ("count: -3", "run.yaml:1: count: must be a whole number of at least 1; got -3"),
        (
            "\ncount:",
            "run.yaml:2: count: has no value; it must be a whole number of at least 1 (or leave the key out)"
        ),
        (
            "learning_rate: nan",
            "run.yaml:1: learning_rate: must be a number above 0 and of at most 1; got nan"
        ),
        (
            "learning_rate: 0x1",
            "run.yaml:1: learning_rate: must be a number above 0 and of at most 1; got 0x1"
        ),
        (
            "learning_rate: 1e999",
            "run.yaml:1: learning_rate: must be a number above 0 and of at most 1; got 1e999"
        ),
        (
            "learning_rate: 2",
            "run.yaml:1: learning_rate: must be a number above 0 and of at most 1; got 2"
        ),
        ("is_on: yes", "run.yaml:1: is_on: must be true or false; got yes"),
        ("name: [a]", "run.yaml:1: name: must be a text; got a list"),
        ("name: ''", "run.yaml:1: name: must be a text; got the text \"\""),
        (
            "hidden: 5",
            "run.yaml:1: hidden: must be a list of whole numbers of at least 1, such as [a, b]; got 5"
        ),
        ("hidden:\n- 1\n- x", "run.yaml:3: hidden[1]: must be a whole number of at least 1; got x"),
        ("hidden:\n- 1\n- 0", "run.yaml:3: hidden[1]: must be a whole number of at least 1; got 0"),
        ("word: hihg", "run.yaml:1: word: must be one of low, high; got hihg; did you mean 'high'?"),
        ("rule: {sgd: 3}", "run.yaml:1: rule.sgd: must be a map of keys; got 3"),
        ("rule: {norm: -1}", "run.yaml:1: rule.norm: must be a number above 0; got -1"),
        (
            "time: 5x",
            "run.yaml:1: time: must be a time above 0 and of at most 1000000000 seconds: a number of them, or a "
                + "text such as 90s, 30m or 1h30m; got 5x"
        ),
        (
            "time: 0",
            "run.yaml:1: time: must be a time above 0 and of at most 1000000000 seconds: a number of them, or a "
                + "text such as 90s, 30m or 1h30m; got 0"
        ),
    ])
    func wrongValues(_ yaml: String, _ message: String) {
        #expect(refusal(yaml) == message)
    }

    @Test func overridesReplaceCreateAndChoose() throws {
        #expect(try read("count: 2", set: ["count=5", "hidden=[9]"]).0.hidden == [9])
        #expect(try read("count: 2", set: ["count=5"]).0.count == 5)
        #expect(try read("hidden: [1, 2]", set: ["hidden.1=7"]).0.hidden == [1, 7])
        #expect(try read("count: 1", set: ["name=a=b"]).0.name == "a=b")
        #expect(try read("count: 1", set: ["rule.sgd.momentum=0.5"]).0.rule == .sgd(momentum: 0.5))
        #expect(try read("rule: sgd", set: ["rule.sgd.momentum=0.5"]).0.rule == .sgd(momentum: 0.5))
        // Another choice than the file's: the override's.
        #expect(
            try read("rule: {sgd: {momentum: 0.9}}", set: ["rule.adam.learning_rate=2"]).0.rule
                == .adam(rate: 2, beta: 0.9))
        #expect(
            try read("rule: sgd", set: ["rule.adam.learning_rate=2", "rule.adam.beta=0"]).0.rule
                == .adam(rate: 2, beta: 0))
        #expect(try read("rule: sgd", set: ["rule=none"]).0.rule == .none)
        #expect(try read("limit: 3", set: ["limit=none"]).0.limit == nil)
    }

    @Test(arguments: [
        ("cuont=1", "--set cuont=1: cuont: unknown key; did you mean 'count'? the command `keys` lists all"),
        ("count=0", "--set count=0: count: must be a whole number of at least 1; got 0"),
        (
            "count=",
            "--set count=: count: has no value; it must be a whole number of at least 1 (or leave the key out)"
        ),
        (
            "count",
            "--set count: has no '='; write key.path=value, such as optimizer.adam.learning_rate=0.01"
        ),
        ("=1", "--set =1: has an empty key; write key.path=value"),
        ("rule..x=1", "--set rule..x=1: has an empty key; write key.path=value"),
        (
            "hidden=[1",
            "--set hidden=[1: is not valid YAML: did not find expected ',' or ']' while parsing a flow sequence at column 1"
        ),
        ("count.x=1", "--set count.x=1: count: must be a whole number of at least 1; got a map of keys"),
        (
            "hidden.4=1",
            "--set hidden.4=1: hidden: is a list of 2; '4' is not a position in it (the first is 0)"
        ),
        (
            "rule.sgd.momentm=1",
            "--set rule.sgd.momentm=1: rule.sgd.momentm: unknown key; did you mean 'momentum'? the command `keys` lists all"
        ),
        (
            "rule={a: 1, b: 2}",
            "--set rule={a: 1, b: 2}: rule.b: only one of sgd, adam, norm, none can be chosen; got 'a' and 'b'"
        ),
    ])
    func wrongOverrides(_ override: String, _ message: String) {
        #expect(refusal("count: 2\nhidden: [1, 2]\nrule: sgd", set: [override]) == message)
    }
}
