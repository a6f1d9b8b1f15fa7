import LockstepContracts

/// The format of a value in a run file: its allowed values, and how it is parsed, checked and printed.
package struct ValueFormat<Content> {
    /// Where a value is read, for the errors of parsing and checks.
    package typealias Place = (section: ConfigurationSection, key: String)

    /// The allowed values, as text for messages and the list of keys.
    let what: String
    /// A placeholder for a required value in the list of keys.
    let example: Content
    let parse: (Place, ConfigurationNode) throws -> Content
    /// Throws if a value is out of range; the text is the value as written, nil for a default.
    let check: (Place, Content, _ written: String?) throws -> Void
    let effective: (Content) -> EffectiveConfiguration

    init(
        _ what: String, example: Content, effective: @escaping (Content) -> EffectiveConfiguration,
        check: @escaping (Place, Content, String?) throws -> Void = { _, _, _ in },
        parse: @escaping (Place, ConfigurationNode) throws -> Content
    ) {
        self.what = what
        self.example = example
        self.parse = parse
        self.check = check
        self.effective = effective
    }

    /// The same for an optional value; nil is written as the word `absent`.
    package func optional(_ absent: String = "none") -> ValueFormat<Content?> {
        ValueFormat<Content?>(
            "\(what), or \(absent)", example: nil,
            effective: { $0.map(effective) ?? .plain(absent) },
            check: { place, value, written in if let value { try check(place, value, written) } },
            parse: { place, node in
                guard node.content != .empty else {
                    throw place.section.error(
                        .wrongType, place.key, "has no value; write \(absent), or leave the key out")
                }
                return node.content == .scalar(absent, quoted: false) ? nil : try parse(place, node)
            })
    }
}

extension ConfigurationSection {
    /// The value of a key: parsed if written, otherwise the default, which is also checked, since it may come from code.
    ///
    /// A text that is written as `config.yaml` writes the default is the default, even an empty one.
    package func value<Content>(
        _ key: String, _ meaning: String, default value: Content?, _ format: ValueFormat<Content>
    ) throws -> Content {
        note(key, format.what, meaning, isRequired: value == nil)
        let node = node(key)
        let result: Content
        if let value, node.map({ $0.isText(format.effective(value)) }) ?? true {
            result = value
        } else if let node {
            result = try format.parse((self, key), node)
        } else {
            guard isListing else { throw missing(key, format.what) }
            result = format.example
        }
        if !isListing { try format.check((self, key), result, node?.words) }
        record(key, format.effective(result))
        return result
    }
}

extension ValueFormat where Content: Comparable & Sendable {
    /// A number in a range; `parse` gets the text of an unquoted scalar without digit separators.
    fileprivate static func number(
        _ what: String, _ legal: LegalRange<Content>, example: Content,
        effective: @escaping (Content) -> EffectiveConfiguration, parse: @escaping (String) -> Content?
    ) -> Self {
        Self(
            what, example: example, effective: effective,
            check: { place, value, written in
                guard legal.contains(value) else {
                    throw place.section.error(
                        .illegalValue, place.key, "must be \(what); got \(written ?? LegalRange.text(value))")
                }
            },
            parse: { place, node in
                guard case .scalar(let text, quoted: false) = node.content,
                    let value = withoutSeparators(text).flatMap(parse)
                else { throw place.section.illegal(.wrongType, place.key, node, what) }
                return value
            })
    }
}

extension ValueFormat<Int> {
    /// A whole number.
    package static func integer(_ legal: LegalRange<Int>) -> Self {
        number(legal.what, legal, example: 1, effective: { .plain("\($0)") }, parse: { Int($0) })
    }
}

extension ValueFormat<UInt64> {
    /// A whole number of 64 bits.
    static var seed: Self {
        number(
            "a whole number from 0 to \(UInt64.max)", .any, example: 1, effective: { .plain("\($0)") },
            parse: { UInt64($0) })
    }
}

extension ValueFormat<Double> {
    /// A number.
    package static func number(_ legal: LegalRange<Double>) -> Self {
        number(legal.what, legal, example: 1, effective: EffectiveConfiguration.number) { finite($0) }
    }

    /// A time in seconds, written as a number or as a text such as `1h30m`.
    static var duration: Self {
        let what =
            "a time above 0 and of at most 1000000000 seconds: a number of them, or a text such as 90s, 30m or 1h30m"
        let number = number(what, .seconds, example: 1, effective: EffectiveConfiguration.number) {
            finite($0)
        }
        return Self(what, example: 1, effective: number.effective, check: number.check) { place, node in
            if case .scalar(let text, _) = node.content, let seconds = seconds(text) { return seconds }
            return try number.parse(place, node)
        }
    }

    private static func finite(_ text: String) -> Double? {
        guard text.unicodeScalars.allSatisfy("0123456789+-.eE".unicodeScalars.contains) else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The seconds of a text such as `1h30m`; nil for any other text.
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

extension ValueFormat<Bool> {
    /// `true` or `false`.
    static var flag: Self {
        let words = [
            "true": true, "True": true, "TRUE": true, "false": false, "False": false, "FALSE": false,
        ]
        func parse(_ place: Place, _ node: ConfigurationNode) throws -> Bool {
            guard case .scalar(let text, quoted: false) = node.content, let value = words[text] else {
                throw place.section.illegal(.wrongType, place.key, node, "true or false")
            }
            return value
        }
        return Self(
            "true or false", example: false, effective: { .plain($0 ? "true" : "false") }, parse: parse)
    }
}

extension ValueFormat<String> {
    /// A text; it may be empty, and is then quoted, if `canBeEmpty`.
    static func text(_ what: String = "a text", canBeEmpty: Bool = false) -> Self {
        func parse(_ place: Place, _ node: ConfigurationNode) throws -> String {
            guard case .scalar(let text, _) = node.content,
                !text.isEmpty || canBeEmpty && node.content == .scalar("", quoted: true)
            else { throw place.section.illegal(.wrongType, place.key, node, what) }
            return text
        }
        return Self(what, example: "text", effective: { .text($0) }, parse: parse)
    }
}

extension ValueFormat where Content: RawRepresentable<String> & CaseIterable {
    /// One of the words of an enumeration.
    ///
    /// - Parameter other: other allowed values, for the message; the caller has already checked for them.
    package static func word(orElse other: String? = nil) -> Self {
        let words = Content.allCases.map(\.rawValue)
        let what = "one of " + words.joined(separator: ", ") + (other.map { ", or \($0)" } ?? "")
        guard let first = Content.allCases.first else {
            brokenContract("\(Content.self) is the type of a key and has no words")
        }
        func parse(_ place: Place, _ node: ConfigurationNode) throws -> Content {
            guard case .scalar(let text, _) = node.content else {
                throw place.section.illegal(.wrongType, place.key, node, what)
            }
            guard let word = Content.allCases.first(where: { $0.rawValue == text }) else {
                let hint = NearestKey.find(text, in: words).map { "; did you mean '\($0)'?" } ?? ""
                throw place.section.error(
                    .illegalValue, place.key, "must be \(what); got \(node.words)\(hint)")
            }
            return word
        }
        return Self(what, example: first, effective: { .plain($0.rawValue) }, parse: parse)
    }
}

/// `10_000` as `10000`; nil if a `_` is not between digits.
private func withoutSeparators(_ text: String) -> String? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return text }
    let isGrouped =
        parts.dropFirst().allSatisfy { $0.first?.isNumber ?? false }
        && parts.dropLast().allSatisfy { $0.last?.isNumber ?? false }
    return isGrouped ? parts.joined() : nil
}
