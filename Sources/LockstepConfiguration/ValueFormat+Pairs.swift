/// A name with a text: one line of a map with names chosen by the user.
public struct NamedText: Sendable, Equatable {
    /// The name; may be empty.
    public var name: String
    /// The text; may be empty.
    public var text: String

    /// A pair.
    public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}

extension ValueFormat<[NamedText]> {
    /// A map of texts, such as `{"encoder.": ""}`, in the order in which it is written.
    static var pairs: Self {
        let what = "a map of texts, such as {\"old.\": \"new.\"}"
        let text = ValueFormat<String>.text("a text; \"\" for none", canBeEmpty: true)
        return Self(
            what, example: [],
            effective: { .map($0.map { .init(key: $0.name, value: text.effective($0.text)) }) },
            parse: { place, node in
                guard case .mapping(let entries) = node.content else {
                    throw place.section.illegal(.wrongType, place.key, node, what)
                }
                return try entries.map {
                    NamedText($0.key, try text.parse((place.section, place.key), $0.value))
                }
            })
    }
}

extension KeyTable.Key {
    /// A map of texts with names chosen by the user, in written order.
    public static func pairs(
        _ name: String, _ path: WritableKeyPath<Value, [NamedText]>, _ meaning: String,
        default standard: Default<[NamedText]> = .initial
    ) -> Self {
        Self(path, standard) { try $0.value(name, meaning, default: $1, .pairs) }
    }
}

/// A name with a number: one line of a map whose names are the user's.
public struct NamedNumber: Sendable, Equatable {
    /// The name.
    public var name: String
    /// The number.
    public var number: Double

    /// A pair.
    public init(_ name: String, _ number: Double) {
        self.name = name
        self.number = number
    }
}

extension ValueFormat<[NamedNumber]> {
    /// A map of numbers, in the order in which it is written.
    static func numberPairs(_ legal: LegalRange<Double>, example: String, advice: String) -> Self {
        let what = "a map of numbers\(legal.words), such as \(example)"
        let number = ValueFormat<Double>.number(.any)
        return Self(
            what, example: [],
            effective: { .map($0.map { .init(key: $0.name, value: .number($0.number)) }) },
            check: { place, pairs, _ in
                for pair in pairs {
                    guard let problem = legal.problem(with: pair.number) else { continue }
                    throw place.section.error(
                        .illegalValue, place.key, "'\(pair.name.printable)' \(problem); \(advice)")
                }
            },
            parse: { place, node in
                guard case .mapping(let entries) = node.content else {
                    throw place.section.illegal(.wrongType, place.key, node, what)
                }
                return try entries.map {
                    NamedNumber($0.key, try number.parse((place.section, place.key), $0.value))
                }
            })
    }
}

extension KeyTable.Key {
    /// A map of numbers whose names are the user's, in the order in which it is written.
    /// - Parameters:
    ///   - example: a map, for messages.
    ///   - advice: what to do about a number out of range.
    public static func numberPairs(
        _ name: String, _ path: WritableKeyPath<Value, [NamedNumber]>, _ legal: LegalRange<Double>,
        _ meaning: String, example: String, advice: String,
        default standard: Default<[NamedNumber]> = .initial
    ) -> Self {
        Self(path, standard) {
            try $0.value(
                name, meaning, default: $1, .numberPairs(legal, example: example, advice: advice))
        }
    }
}
