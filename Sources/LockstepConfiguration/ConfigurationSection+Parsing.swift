/// How values are found and parsed; the getters of single values and of lists share it.
extension ConfigurationSection {
    /// The value of a key: parsed when written, else the default.
    ///
    /// - Parameter example: what stands for a value that must be written, where keys are listed.
    package func value<Value>(
        _ key: String, _ meaning: String, _ value: Value?, _ what: String, example: String,
        _ parse: (ConfigurationNode) throws -> Value
    ) throws -> Value {
        note(key, what, meaning, isRequired: value == nil)
        if let node = node(key) { return try parse(node) }
        if let value { return value }
        guard isListing else { throw missing(key, what) }
        return try parse(ConfigurationNode(.scalar(example, quoted: false), .unwritten))
    }

    /// The value of a key that may be absent, which is written as a word; `read` gets any other.
    package func optional<Value>(
        _ key: String, _ meaning: String, _ value: Value?, _ what: String, word: String,
        _ read: () throws -> Value
    ) throws -> Value? {
        note(key, "\(what), or \(word)", meaning, isRequired: false)
        return try isAbsent(key, default: value, word: word) ? nil : read()
    }

    /// The value of a key, within its range. A default is checked too, for it may come from code.
    package func scalar<Value>(
        _ key: String, _ meaning: String, _ value: Value?, _ what: String, _ legal: LegalRange<Value>,
        _ parse: (ConfigurationNode) throws -> Value
    ) throws -> Value {
        let result = try self.value(key, meaning, value, what, example: "1", parse)
        guard legal.contains(result) || isListing else {
            let written = writtenKeys.first { $0.key == key }?.value.words
            throw error(.illegalValue, key, "must be \(what); got \(written ?? LegalRange.text(result))")
        }
        return result
    }

    /// Whether a key is written at all; does not count as asking for it.
    package func isWritten(_ key: String) -> Bool { writtenKeys.contains { $0.key == key } }

    /// Whether a map is written for a key; does not count as asking for it.
    package func isMap(_ key: String) -> Bool {
        if case .mapping = writtenKeys.first(where: { $0.key == key })?.value.content { true } else { false }
    }

    /// Whether a list is written for a key; does not count as asking for it.
    package func isList(_ key: String) -> Bool {
        if case .sequence = writtenKeys.first(where: { $0.key == key })?.value.content { true } else { false }
    }

    /// Whether a key that may be absent is; if so that is recorded, otherwise the caller reads the value.
    /// - Throws: `ConfigurationError` for `null` and similar values, which mean neither absence nor a value.
    package func isAbsent<Value>(_ key: String, default value: Value?, word: String = "none") throws -> Bool {
        let node = writtenKeys.first { $0.key == key }?.value
        guard node?.content != .empty else {
            _ = self.node(key)
            throw error(.wrongType, key, "has no value; write \(word), or leave the key out")
        }
        guard node.map({ $0.content == .scalar(word, quoted: false) }) ?? (value == nil) else {
            return false
        }
        _ = self.node(key)
        record(key, .plain(word))
        return true
    }

    package func integer(_ key: String, _ node: ConfigurationNode, _ what: String) throws -> Int {
        guard case .scalar(let text, quoted: false) = node.content,
            let digits = Self.withoutSeparators(text), let value = Int(digits)
        else { throw illegal(.wrongType, key, node, what) }
        return value
    }

    package func double(_ key: String, _ node: ConfigurationNode, _ what: String) throws -> Double {
        guard case .scalar(let text, quoted: false) = node.content,
            let digits = Self.withoutSeparators(text),
            digits.unicodeScalars.allSatisfy({ "0123456789+-.eE".unicodeScalars.contains($0) }),
            let value = Double(digits), value.isFinite
        else { throw illegal(.wrongType, key, node, what) }
        return value
    }

    package func string(_ key: String, _ node: ConfigurationNode, _ what: String) throws -> String {
        guard case .scalar(let text, _) = node.content, !text.isEmpty else {
            throw illegal(.wrongType, key, node, what)
        }
        return text
    }

    /// `10_000` as `10000`; nil when a `_` does not stand between digits.
    package static func withoutSeparators(_ text: String) -> String? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text }
        let isGrouped =
            parts.dropFirst().allSatisfy { $0.first?.isNumber ?? false }
            && parts.dropLast().allSatisfy { $0.last?.isNumber ?? false }
        return isGrouped ? parts.joined() : nil
    }

    /// The seconds of a text such as `1h30m`, nil when it is none.
    package static func seconds(_ text: String) -> Double? {
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
