/// One of the alternatives of a key such as `optimizer`, which is written `{adam: {...}}`, or `adam` for all defaults.
package struct ConfigurationChoice<Value> {
    /// The word that chooses it.
    let name: String
    /// Reads it from the map that holds the word, from the default when that is of this alternative; nil otherwise.
    let read: (ConfigurationSection, Value?) throws -> Value
    /// Whether a value is of this alternative.
    let matches: (Value) -> Bool

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

extension ConfigurationSection {
    /// Reads a map below this one; an absent or empty one gives its defaults. Refuses its unknown keys.
    package func section<Value>(
        _ key: String, _ read: (ConfigurationSection) throws -> Value
    ) throws -> Value {
        let section = try ConfigurationSection(path: path(of: key), node: node(key), source: source)
        let value = try read(section)
        try section.finish()
        record(key, section.effective)
        return value
    }

    /// Reads a map below this one that may be absent; that is written `none`.
    package func optionalSection<Value>(
        _ key: String, default value: Value?, _ read: (ConfigurationSection, Value?) throws -> Value
    ) throws -> Value? {
        guard !isNone(key, default: value) else { return nil }
        return try section(key) { try read($0, value) }
    }

    /// Reads one of several alternatives; without default it must be written.
    package func choice<Value>(
        _ key: String, default value: Value? = nil, _ choices: [ConfigurationChoice<Value>]
    ) throws -> Value {
        let names = choices.map(\.name)
        let what = "one of " + names.joined(separator: ", ")
        guard let node = node(key) else {
            guard let value else { throw missing(key, what) }
            guard let choice = choices.first(where: { $0.matches(value) }) else {
                preconditionFailure(
                    "\(path(of: key)): no alternative for the default \(value); known: \(names)")
            }
            return try read(choice, key, nil, value)
        }
        let chosen: ConfigurationNode.Entry
        var holder = node
        switch node.content {
        case .scalar(let name, quoted: false):
            chosen = .init(key: name, location: node.location, value: .init(.empty, node.location))
            holder.content = .mapping([])
        case .mapping(let entries):
            chosen = try theOne(of: entries, key, what)
            holder.content = .mapping([chosen])
        case .empty, .sequence, .scalar:
            throw illegal(.wrongType, key, node, what)
        }
        guard let choice = choices.first(where: { $0.name == chosen.key }) else {
            source.record(path(of: "\(key).\(chosen.key)"), chosen.location)
            let hint = NearestKey.find(chosen.key, in: names).map { "; did you mean '\($0)'?" } ?? ""
            throw error(.unknownKey, "\(key).\(chosen.key)", "unknown; it must be \(what)\(hint)")
        }
        // Alternatives do not share values: the defaults of what is chosen here are its own.
        return try read(choice, key, holder, nil)
    }

    private func read<Value>(
        _ choice: ConfigurationChoice<Value>, _ key: String, _ node: ConfigurationNode?, _ value: Value?
    ) throws -> Value {
        let holder = try ConfigurationSection(path: path(of: key), node: node, source: source)
        let result = try choice.read(holder, value)
        try holder.finish()
        let isBare = holder.effective == .map([.init(key: choice.name, value: .map([]))])
        record(key, isBare ? .plain(choice.name) : holder.effective)
        return result
    }

    /// The alternative that a map chooses: its only key, or the only one that an override brought in.
    private func theOne(
        of entries: [ConfigurationNode.Entry], _ key: String, _ what: String
    ) throws -> ConfigurationNode.Entry {
        if entries.count == 1 { return entries[0] }
        let overrides = entries.filter { if case .override = $0.location { true } else { false } }
        if overrides.count == 1 { return overrides[0] }
        guard let second = (overrides.isEmpty ? entries : overrides).dropFirst().first else {
            throw error(.illegalValue, key, "must be \(what); got a map without keys")
        }
        source.record(path(of: "\(key).\(second.key)"), second.location)
        let words = entries.map { "'\($0.key)'" }.joined(separator: " and ")
        throw error(.conflict, "\(key).\(second.key)", "only \(what) can be chosen; got \(words)")
    }
}
