extension ConfigurationSection {
    /// A whole number; without default it must be written.
    package func integer(
        _ key: String, default value: Int? = nil, _ legal: LegalRange<Int> = .any
    ) throws -> Int {
        let what = "a whole number\(legal.words)"
        let result = try scalar(key, value, what, legal) { try self.integer(key, $0, what) }
        record(key, .plain("\(result)"))
        return result
    }

    /// A seed: a whole number of at least 0.
    package func seed(_ key: String, default value: UInt64) throws -> UInt64 {
        let result = try scalar(key, value, "a whole number of at least 0", .any) { node in
            guard case .scalar(let text, quoted: false) = node.content, let value = UInt64(text) else {
                throw self.illegal(.wrongType, key, node, "a whole number of at least 0")
            }
            return value
        }
        record(key, .plain("\(result)"))
        return result
    }

    /// A whole number, or nil, which is written `none`.
    package func optionalInteger(
        _ key: String, default value: Int?, _ legal: LegalRange<Int> = .any
    ) throws -> Int? {
        guard !isAbsent(key, default: value) else { return nil }
        return try integer(key, default: value, legal)
    }

    /// A whole number, or nil, which is written `auto`: it follows from something else.
    package func automaticInteger(
        _ key: String, default value: Int?, _ legal: LegalRange<Int> = .any
    ) throws -> Int? {
        guard !isAbsent(key, default: value, word: "auto") else { return nil }
        return try integer(key, default: value, legal)
    }

    /// A number, or nil, which is written `auto`: it follows from something else.
    package func automaticDouble(
        _ key: String, default value: Double?, _ legal: LegalRange<Double> = .any
    ) throws -> Double? {
        guard !isAbsent(key, default: value, word: "auto") else { return nil }
        return try double(key, default: value, legal)
    }

    /// A number; without default it must be written.
    package func double(
        _ key: String, default value: Double? = nil, _ legal: LegalRange<Double> = .any
    ) throws -> Double {
        let what = "a number\(legal.words)"
        let result = try scalar(key, value, what, legal) { try self.double(key, $0, what) }
        record(key, .number(result))
        return result
    }

    /// A number, or nil, which is written `none`.
    package func optionalDouble(
        _ key: String, default value: Double?, _ legal: LegalRange<Double> = .any
    ) throws -> Double? {
        guard !isAbsent(key, default: value) else { return nil }
        return try double(key, default: value, legal)
    }

    /// A time in seconds, written as a number or as a text such as `1h30m`, or nil, which is written `none`.
    package func optionalDuration(_ key: String, default value: Double?) throws -> Double? {
        guard !isAbsent(key, default: value) else { return nil }
        let what = "a time above 0: seconds, or a text such as 90s, 30m or 1h30m"
        let result = try scalar(key, value, what, .above(0)) { node in
            if case .scalar(let text, _) = node.content, let seconds = Self.seconds(text) { return seconds }
            return try self.double(key, node, what)
        }
        record(key, .number(result))
        return result
    }

    /// `true` or `false`; without default it must be written.
    package func boolean(_ key: String, default value: Bool? = nil) throws -> Bool {
        let what = "true or false"
        let result = try self.value(key, value, what) { node in
            switch node.content {
            case .scalar("true", quoted: false), .scalar("True", quoted: false),
                .scalar("TRUE", quoted: false):
                true
            case .scalar("false", quoted: false), .scalar("False", quoted: false),
                .scalar("FALSE", quoted: false):
                false
            default: throw self.illegal(.wrongType, key, node, what)
            }
        }
        record(key, .plain(result ? "true" : "false"))
        return result
    }

    /// A text that is not empty; without default it must be written.
    package func string(_ key: String, default value: String? = nil, what: String = "a text") throws -> String
    {
        let result = try self.value(key, value, what) { try self.string(key, $0, what) }
        record(key, .text(result))
        return result
    }

    /// A text, or nil, which is written `none`.
    package func optionalString(
        _ key: String, default value: String?, what: String = "a text"
    ) throws -> String? {
        guard !isAbsent(key, default: value) else { return nil }
        return try string(key, default: value, what: what)
    }

    /// One word out of those an enumeration has; without default it must be written.
    ///
    /// - Parameter other: what else the key may hold, for the message; the caller has looked for that already.
    package func word<Word>(
        _ key: String, default value: Word? = nil, orElse other: String? = nil
    ) throws -> Word
    where Word: RawRepresentable<String> & CaseIterable {
        let words = Word.allCases.map(\.rawValue)
        let what = "one of " + words.joined(separator: ", ") + (other.map { ", or \($0)" } ?? "")
        let result = try self.value(key, value, what) { node in
            guard case .scalar(let text, _) = node.content else {
                throw self.illegal(.wrongType, key, node, what)
            }
            guard let word = Word(rawValue: text) else {
                let hint = NearestKey.find(text, in: words).map { "; did you mean '\($0)'?" } ?? ""
                throw self.error(.illegalValue, key, "must be \(what); got \(node.words)\(hint)")
            }
            return word
        }
        record(key, .plain(result.rawValue))
        return result
    }

    /// The value of a key: parsed when written, else the default.
    private func value<Value>(
        _ key: String, _ value: Value?, _ what: String, _ parse: (ConfigurationNode) throws -> Value
    ) throws -> Value {
        if let node = node(key) { return try parse(node) }
        guard let value else { throw missing(key, what) }
        return value
    }

    /// The value of a key, within its range. A default is checked too, for it may come from code.
    private func scalar<Value>(
        _ key: String, _ value: Value?, _ what: String, _ legal: LegalRange<Value>,
        _ parse: (ConfigurationNode) throws -> Value
    ) throws -> Value {
        let result = try self.value(key, value, what, parse)
        guard legal.contains(result) else {
            let written = writtenKeys.first { $0.key == key }?.value.words
            throw error(.illegalValue, key, "must be \(what); got \(written ?? "\(result)")")
        }
        return result
    }

    /// Whether a key is written at all; does not count as asking for it.
    func isWritten(_ key: String) -> Bool { writtenKeys.contains { $0.key == key } }

    /// Whether a map is written for a key; does not count as asking for it.
    func isMap(_ key: String) -> Bool {
        if case .mapping = writtenKeys.first(where: { $0.key == key })?.value.content { true } else { false }
    }

    /// Whether a list is written for a key; does not count as asking for it.
    func isList(_ key: String) -> Bool {
        if case .sequence = writtenKeys.first(where: { $0.key == key })?.value.content { true } else { false }
    }

    /// Whether a key that may be absent is; if so that is recorded, otherwise the caller reads the value.
    func isAbsent<Value>(_ key: String, default value: Value?, word: String = "none") -> Bool {
        let node = writtenKeys.first { $0.key == key }?.value
        guard node.map({ $0.content == .scalar(word, quoted: false) }) ?? (value == nil) else {
            return false
        }
        _ = self.node(key)
        record(key, .plain(word))
        return true
    }

    func integer(_ key: String, _ node: ConfigurationNode, _ what: String) throws -> Int {
        guard case .scalar(let text, quoted: false) = node.content,
            let digits = Self.withoutSeparators(text), let value = Int(digits)
        else { throw illegal(.wrongType, key, node, what) }
        return value
    }

    func double(_ key: String, _ node: ConfigurationNode, _ what: String) throws -> Double {
        guard case .scalar(let text, quoted: false) = node.content,
            let digits = Self.withoutSeparators(text),
            digits.unicodeScalars.allSatisfy({ "0123456789+-.eE".unicodeScalars.contains($0) }),
            let value = Double(digits), value.isFinite
        else { throw illegal(.wrongType, key, node, what) }
        return value
    }

    func string(_ key: String, _ node: ConfigurationNode, _ what: String) throws -> String {
        guard case .scalar(let text, _) = node.content, !text.isEmpty else {
            throw illegal(.wrongType, key, node, what)
        }
        return text
    }

    /// `10_000` as `10000`; nil when a `_` does not stand between digits.
    private static func withoutSeparators(_ text: String) -> String? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text }
        let isGrouped =
            parts.dropFirst().allSatisfy { $0.first?.isNumber ?? false }
            && parts.dropLast().allSatisfy { $0.last?.isNumber ?? false }
        return isGrouped ? parts.joined() : nil
    }

    /// The seconds of a text such as `1h30m`, nil when it is none.
    private static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["d": 86_400, "h": 3_600, "m": 60, "s": 1]
        var total = 0.0
        var largest = Double.infinity
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            guard let value = Double(digits), let unit = rest.popFirst().flatMap({ units[$0] }),
                unit < largest
            else { return nil }
            largest = unit
            total += value * unit
        }
        return total
    }
}
