import LockstepContracts

extension ConfigurationSection {
    /// Reads a map below this one; a missing or empty map has its defaults. Refuses unknown keys.
    package func section<Value>(
        _ key: String, _ read: (ConfigurationSection) throws -> Value
    ) throws -> Value {
        let section = try ConfigurationSection(path: path(of: key), node: node(key), source: source)
        let value = try read(section)
        try section.finish()
        record(key, section.effective)
        return value
    }

    /// Reads an optional map below this one; nil is written `none`.
    func optionalSection<Value>(
        _ key: String, _ meaning: String, default value: Value?,
        _ read: (ConfigurationSection, Value?) throws -> Value
    ) throws -> Value? {
        note(key, "a map of keys, or none", meaning, isRequired: false)
        let written = written(key)
        guard written != .empty else {
            _ = node(key)
            throw error(.wrongType, key, "has no value; write none, or leave the key out")
        }
        let isNone = written.map { $0 == .scalar("none", quoted: false) } ?? (value == nil)
        if isNone {
            _ = node(key)
            record(key, .none)
        }
        guard !isNone || isListing else { return nil }
        let result = try section(key) { try read($0, value) }
        return isNone ? nil : result
    }

    /// Reads one of several alternatives; without a default it must be written.
    func choice<Value>(
        _ key: String, _ meaning: String, default value: Value? = nil,
        _ choices: [ConfigurationChoice<Value>]
    ) throws -> Value {
        note(key, words(choices), meaning, isRequired: value == nil)
        if isListing { return try listAlternatives(key, value, choices) }
        let result: (value: Value, effective: EffectiveConfiguration)
        if let node = node(key) {
            result = try choice(key, node, choices)
        } else if let value {
            result = try choice(key, unwritten: value, choices)
        } else {
            throw missing(key, words(choices))
        }
        record(key, result.effective)
        return result.value
    }

    /// Reads a list of alternatives, such as `[{crop: {padding: 2}}, flip]`; without a default it must be written.
    func choices<Value>(
        _ key: String, _ meaning: String, default value: [Value]? = nil,
        _ choices: [ConfigurationChoice<Value>]
    ) throws -> [Value] {
        let what = "a list, each element \(words(choices))"
        note(key, what, meaning, isRequired: value == nil)
        if isListing { _ = try listAlternatives("\(key)[]", nil, choices) }
        var effective: [EffectiveConfiguration] = []
        var values: [Value] = []
        if let node = node(key) {
            guard case .sequence(let elements) = node.content else {
                throw illegal(.wrongType, key, node, what)
            }
            for (index, element) in elements.enumerated() {
                source.record(path(of: "\(key)[\(index)]"), element.location)
                let result = try choice("\(key)[\(index)]", element, choices)
                values.append(result.value)
                effective.append(result.effective)
            }
        } else if let value {
            values = value
            effective = try value.enumerated().map { index, element in
                try choice("\(key)[\(index)]", unwritten: element, choices).effective
            }
        } else {
            guard isListing else { throw missing(key, what) }
        }
        record(key, .list(effective))
        return values
    }

    /// For the list of keys: reads every alternative with its defaults, and adds the default alternative.
    private func listAlternatives<Value>(
        _ key: String, _ value: Value?, _ choices: [ConfigurationChoice<Value>]
    ) throws -> Value {
        let values = try choices.map { try read($0, key, nil, nil).value }
        if let value {
            if let choice = choices.first(where: { $0.matches(value) }) { record(key, .plain(choice.name)) }
            return value
        }
        guard let first = values.first else {
            brokenContract("\(path(of: key)): a choice without alternatives")
        }
        return first
    }

    private func words<Value>(_ choices: [ConfigurationChoice<Value>]) -> String {
        "one of " + choices.map(\.name).joined(separator: ", ")
    }

    private func choice<Value>(
        _ key: String, _ node: ConfigurationNode, _ choices: [ConfigurationChoice<Value>]
    ) throws -> (value: Value, effective: EffectiveConfiguration) {
        let what = words(choices)
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
            let hint =
                NearestKey.find(chosen.key, in: choices.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
            guard case .mapping = node.content else {
                throw error(.illegalValue, key, "must be \(what); got \(node.words)\(hint)")
            }
            source.record(path(of: "\(key).\(chosen.key)"), chosen.location)
            throw error(.unknownKey, "\(key).\(chosen.key)", "unknown; it must be \(what)\(hint)")
        }
        // Alternatives do not share values: the chosen one starts from its own defaults.
        return try read(choice, key, holder, nil)
    }

    private func choice<Value>(
        _ key: String, unwritten value: Value, _ choices: [ConfigurationChoice<Value>]
    ) throws -> (value: Value, effective: EffectiveConfiguration) {
        guard let choice = choices.first(where: { $0.matches(value) }) ?? .own(value) else {
            brokenContract("\(path(of: key)): no alternative for \(value); it must be \(words(choices))")
        }
        return try read(choice, key, nil, value)
    }

    private func read<Value>(
        _ choice: ConfigurationChoice<Value>, _ key: String, _ node: ConfigurationNode?, _ value: Value?
    ) throws -> (value: Value, effective: EffectiveConfiguration) {
        let holder = try ConfigurationSection(path: path(of: key), node: node, source: source)
        let result = try choice.read(holder, value)
        try holder.finish()
        let isBare = holder.effective == .map([.init(key: choice.name, value: .map([]))])
        return (result, isBare ? .plain(choice.name) : holder.effective)
    }

    /// The alternative that a map selects: its only key, or the only key from an override.
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
