import LockstepContracts

/// A type with alternatives that are not all maps of keys, such as `{norm: 1.0}` or `none`.
public protocol ConfigurableChoice: Sendable {
    /// The alternatives.
    static var choices: [ConfigurationChoice<Self>] { get }
}

/// One of the alternatives of a key such as `optimizer`, which is written `{adam: {...}}`, or `adam` for all defaults.
public struct ConfigurationChoice<Value> {
    /// Its name in a run file.
    let name: String
    /// Reads it from the map below its name. The default is that of the key if it is this alternative, otherwise nil.
    let read: (ConfigurationSection, Value?) throws -> Value
    /// Whether a value is this alternative.
    let matches: (Value) -> Bool

    /// An alternative with a map of keys.
    ///
    /// - Parameters:
    ///   - unwrap: the payload of a value of this alternative; nil for other values.
    ///   - wrap: makes a value from a payload.
    public static func map<Payload>(
        _ name: String, from unwrap: @escaping (Value) -> Payload?, to wrap: @escaping (Payload) -> Value,
        _ keys: KeyTable<Payload>
    ) -> Self {
        ConfigurationChoice(
            name: name,
            read: { holder, value in
                wrap(try holder.section(name) { try keys.read($0, value.flatMap(unwrap)) })
            },
            matches: { unwrap($0) != nil })
    }

    /// An alternative whose payload has a table of keys.
    public static func map<Payload: Configurable>(
        _ name: String, from unwrap: @escaping (Value) -> Payload?, to wrap: @escaping (Payload) -> Value
    ) -> Self {
        map(name, from: unwrap, to: wrap, Payload.keys)
    }

    /// An alternative that is a component; `Value` is the existential type of its protocol, or an optional of that.
    static func component<Payload: Component>(_ type: Payload.Type) -> Self {
        func wrap(_ payload: Payload) -> Value {
            guard let value = payload as? Value else { brokenContract("\(type) is not a \(Value.self)") }
            return value
        }
        return map(type.name, from: { $0 as? Payload }, to: wrap, type.keys)
    }

    /// The alternative of a value that is a component, even if no registry has it: it is written and checked by its
    /// own keys. Nil for other values.
    static func own(_ value: Value) -> Self? {
        guard let component = value as? any Component else { return nil }
        let type: any Component.Type = type(of: component)
        return .component(type)
    }

    /// An alternative whose name is a key with a number, as in `{norm: 1.0}`.
    public static func number(
        _ name: String, from unwrap: @escaping (Value) -> Double?, to wrap: @escaping (Double) -> Value,
        _ legal: LegalRange<Double>, _ meaning: String
    ) -> Self {
        ConfigurationChoice(
            name: name,
            read: { holder, value in
                wrap(try holder.value(name, meaning, default: value.flatMap(unwrap), .number(legal)))
            },
            matches: { unwrap($0) != nil })
    }

    /// An alternative that is a single word, as in `none`.
    public static func word(_ name: String, _ value: Value) -> Self where Value: Equatable {
        ConfigurationChoice(
            name: name,
            read: { holder, _ in
                try holder.section(name) { _ in }
                return value
            },
            matches: { $0 == value })
    }

    /// The same alternative for an optional value.
    var optional: ConfigurationChoice<Value?> {
        ConfigurationChoice<Value?>(
            name: name, read: { try read($0, $1 ?? nil) }, matches: { $0.map(matches) ?? false })
    }

    /// The word for nil.
    static func absent<Wrapped>(_ word: String) -> Self where Value == Wrapped? {
        ConfigurationChoice(
            name: word,
            read: { holder, _ in
                try holder.section(word) { _ in }
                return nil
            },
            matches: { $0 == nil })
    }
}
