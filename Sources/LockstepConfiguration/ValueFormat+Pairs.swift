/// A name with a value: one entry of a map whose names the user chooses.
public struct Named<Value: Sendable & Equatable>: Sendable, Equatable {
    /// The name; may be empty.
    public var name: String
    /// The value.
    public var value: Value

    /// Makes an entry.
    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

extension ValueFormat {
    /// A map from names that the user chooses to values of a format, in written order.
    fileprivate static func pairs<Element>(
        of element: ValueFormat<Element>, _ what: String,
        check: @escaping (Place, Content, String?) throws -> Void = { _, _, _ in }
    ) -> Self where Content == [Named<Element>] {
        Self(
            what, example: [],
            effective: { .map($0.map { .init(key: $0.name, value: element.effective($0.value)) }) },
            check: check,
            parse: { place, node in
                guard case .mapping(let entries) = node.content else {
                    throw place.section.illegal(.wrongType, place.key, node, what)
                }
                return try entries.map { Named($0.key, try element.parse(place, $0.value)) }
            })
    }
}

extension KeyTable.Key {
    /// A map of texts with names that the user chooses, in written order.
    public static func pairs(
        _ name: String, _ path: WritableKeyPath<Value, [Named<String>]>, _ meaning: String,
        default standard: Default<[Named<String>]> = .initial
    ) -> Self {
        let text = ValueFormat<String>.text("a text; \"\" for none", canBeEmpty: true)
        let format = ValueFormat.pairs(of: text, "a map of texts, such as {\"old.\": \"new.\"}")
        return Self(path, standard) { try $0.value(name, meaning, default: $1, format) }
    }

    /// A map of numbers with names that the user chooses, in written order.
    /// - Parameters:
    ///   - example: a map, for messages.
    ///   - advice: what users should do about a number out of range.
    public static func numberPairs(
        _ name: String, _ path: WritableKeyPath<Value, [Named<Double>]>, _ legal: LegalRange<Double>,
        _ meaning: String, example: String, advice: String,
        default standard: Default<[Named<Double>]> = .initial
    ) -> Self {
        let format = ValueFormat.pairs(
            of: .number(.any), "a map of numbers\(legal.words), such as \(example)",
            check: { place, pairs, _ in
                for pair in pairs {
                    guard let problem = legal.problem(with: pair.value) else { continue }
                    throw place.section.error(
                        .illegalValue, place.key, "'\(pair.name.printable)' \(problem); \(advice)")
                }
            })
        return Self(path, standard) { try $0.value(name, meaning, default: $1, format) }
    }
}
