extension ConfigurationSection {
    /// A list of whole numbers; without default it must be written.
    package func integers(
        _ key: String, _ meaning: String, default value: [Int]? = nil, count: LegalRange<Int> = .any,
        _ legal: LegalRange<Int> = .any
    ) throws -> [Int] {
        let what = legal.what
        let result = try list(key, meaning, value, count, "whole numbers\(legal.words)") { element, node in
            try self.integer(element, node, what)
        }
        try check(key, result, legal, what)
        record(key, .list(result.map { .plain("\($0)") }))
        return result
    }

    /// A list of numbers; without default it must be written.
    package func doubles(
        _ key: String, _ meaning: String, default value: [Double]? = nil, count: LegalRange<Int> = .any,
        _ legal: LegalRange<Double> = .any
    ) throws -> [Double] {
        let what = legal.what
        let result = try list(key, meaning, value, count, "numbers\(legal.words)") { element, node in
            try self.double(element, node, what)
        }
        try check(key, result, legal, what)
        record(key, .list(result.map { .number($0) }))
        return result
    }

    /// A list of texts; without default it must be written.
    /// - Parameter canBeEmpty: whether a text may be empty.
    package func strings(
        _ key: String, _ meaning: String, default value: [String]? = nil, count: LegalRange<Int> = .any,
        canBeEmpty: Bool = false
    ) throws -> [String] {
        let result = try list(key, meaning, value, count, "texts") { element, node in
            if canBeEmpty, node.content == .scalar("", quoted: true) { return "" }
            return try self.string(element, node, canBeEmpty ? "a text; quote it" : "a text")
        }
        record(key, .list(result.map { .text($0) }))
        return result
    }

    /// A list of maps, each read by `read` from a section and, if there is one, the default at its position;
    /// without default it must be written.
    package func sections<Element>(
        _ key: String, _ meaning: String, default value: [Element]? = nil, count: LegalRange<Int> = .any,
        isListed: Bool = true, _ read: (ConfigurationSection, Element?) throws -> Element
    ) throws -> [Element] {
        var effective: [EffectiveConfiguration] = []
        func element(
            _ name: String, _ node: ConfigurationNode?, _ current: Element?, _ source: Source
        ) throws -> Element {
            let section = try ConfigurationSection(path: path(of: name), node: node, source: source)
            let element = try read(section, current)
            try section.finish()
            effective.append(section.effective)
            return element
        }
        // A written list replaces the default one whole: its elements start from nothing.
        var isWritten = false
        var result = try list(key, meaning, value, count, "maps", example: "[{...}, {...}]") { name, node in
            isWritten = true
            return try element(name, node, nil, source)
        }
        if isListing, isListed {
            _ = try element("\(key)[]", nil, nil, source)
            effective = []
        }
        if !isWritten {
            // The keys of an element are listed once, not for each one of the default.
            let source = isListing ? Source(file: nil) : source
            result = try result.enumerated().map { try element("\(key)[\($0)]", nil, $1, source) }
        }
        record(key, .list(effective))
        return result
    }

    /// The elements of a list: parsed when written, else the default.
    private func list<Element>(
        _ key: String, _ meaning: String, _ value: [Element]?, _ count: LegalRange<Int>, _ elements: String,
        example: String = "[a, b]", _ parse: (String, ConfigurationNode) throws -> Element
    ) throws -> [Element] {
        let what = "a list of \(elements), such as \(example)"
        note(key, what, meaning, isRequired: value == nil)
        if isListing { return value ?? [] }
        let result: [Element]
        if let node = node(key) {
            guard case .sequence(let nodes) = node.content else { throw illegal(.wrongType, key, node, what) }
            result = try nodes.enumerated().map { index, node in
                let name = "\(key)[\(index)]"
                source.record(path(of: name), node.location)
                return try parse(name, node)
            }
        } else if let value {
            result = value
        } else {
            throw missing(key, what)
        }
        guard count.contains(result.count) else {
            throw error(
                .illegalValue, key, "must be a list of a length\(count.words); got \(result.count) elements")
        }
        return result
    }

    private func check<Value>(
        _ key: String, _ values: [Value], _ legal: LegalRange<Value>, _ what: String
    ) throws {
        for (index, value) in values.enumerated() where !legal.contains(value) {
            throw error(.illegalValue, "\(key)[\(index)]", "must be \(what); got \(LegalRange.text(value))")
        }
    }
}
