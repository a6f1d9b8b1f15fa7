/// One of the alternatives of a key such as `optimizer`, which is written `{adam: {...}}`, or `adam` for all defaults.
package struct ConfigurationChoice<Value> {
    /// The word that chooses it.
    package let name: String
    /// Reads it from the map that holds the word, from the default when that is of this alternative; nil otherwise.
    package let read: (ConfigurationSection, Value?) throws -> Value
    /// Whether a value is of this alternative.
    package let matches: (Value) -> Bool

    /// An alternative with a map of keys of its own.
    ///
    /// - Parameters:
    ///   - unwrap: the payload of a value of this alternative; nil for other values.
    ///   - wrap: makes the value of a payload.
    ///   - read: reads the payload from its map, with another payload as its defaults, if there is one.
    package static func map<Payload>(
        _ name: String, from unwrap: @escaping (Value) -> Payload?, to wrap: @escaping (Payload) -> Value,
        read: @escaping (ConfigurationSection, Payload?) throws -> Payload
    ) -> Self {
        ConfigurationChoice(
            name: name,
            read: { holder, value in
                wrap(try holder.section(name) { try read($0, value.flatMap(unwrap)) })
            },
            matches: { unwrap($0) != nil })
    }

    /// An alternative whose word is a key with a plain value, as in `{norm: 1.0}`; `read` reads that key.
    package static func value<Payload>(
        _ name: String, from unwrap: @escaping (Value) -> Payload?, to wrap: @escaping (Payload) -> Value,
        read: @escaping (ConfigurationSection, Payload?) throws -> Payload
    ) -> Self {
        ConfigurationChoice(
            name: name,
            read: { holder, value in wrap(try read(holder, value.flatMap(unwrap))) },
            matches: { unwrap($0) != nil })
    }

    /// An alternative that is a word alone, as in `none`.
    package static func word(_ name: String, _ value: Value, where matches: @escaping (Value) -> Bool) -> Self
    {
        ConfigurationChoice(
            name: name,
            read: { holder, _ in
                try holder.section(name) { _ in }
                return value
            },
            matches: matches)
    }
}
