extension ValueFormat {
    /// A list of values; `elements` describes them, and `count` is the range of their number.
    static func list<Element>(
        of element: ValueFormat<Element>, _ elements: String, count: LegalRange<Int>
    ) -> Self where Content == [Element] {
        let what = "a list of \(elements), such as [a, b]"
        return Self(
            what, example: [], effective: { .list($0.map(element.effective)) },
            check: { place, values, _ in
                try place.section.check(place.key, values.count, count)
                for (index, value) in values.enumerated() {
                    try element.check((place.section, "\(place.key)[\(index)]"), value, nil)
                }
            },
            parse: { place, node in
                try place.section.elements(place.key, node, what).map {
                    try element.parse((place.section, $0), $1)
                }
            })
    }
}

extension ValueFormat<[Int]> {
    /// A list of whole numbers.
    static func integers(_ legal: LegalRange<Int>, count: LegalRange<Int>) -> Self {
        list(of: .integer(legal), "whole numbers\(legal.words)", count: count)
    }
}

extension ValueFormat<[Double]> {
    /// A list of numbers.
    package static func numbers(_ legal: LegalRange<Double>, count: LegalRange<Int>) -> Self {
        list(of: .number(legal), "numbers\(legal.words)", count: count)
    }
}

extension ValueFormat {
    /// A list of words of an enumeration.
    static func words<Word: RawRepresentable<String> & CaseIterable>() -> Self where Content == [Word] {
        let word = ValueFormat<Word>.word()
        return list(of: word, "words, each \(word.what)", count: .any)
    }
}

extension ValueFormat<[String]> {
    /// A list of texts.
    static func texts(canBeEmpty: Bool) -> Self {
        list(
            of: .text(canBeEmpty ? "a text; quote it" : "a text", canBeEmpty: canBeEmpty), "texts",
            count: .any)
    }

    /// A text, or a list of at least one; a single text is written without a list.
    static func oneOrMore(_ one: String) -> Self {
        let (what, text) = ("\(one), or a list of them", ValueFormat<String>.text(one))
        return Self(
            what, example: ["text"],
            effective: { $0.count == 1 ? .text($0[0]) : .list($0.map { .text($0) }) },
            check: { place, values, _ in
                guard values.isEmpty else { return }
                throw place.section.error(
                    .illegalValue, place.key, "must not be an empty list: it is \(what)")
            },
            parse: { place, node in
                guard case .sequence = node.content else { return [try text.parse(place, node)] }
                return try place.section.elements(place.key, node, what).map {
                    try text.parse((place.section, $0), $1)
                }
            })
    }
}

extension ConfigurationSection {
    /// A list of maps, each read by `read` from a section and, if there is one, the default at its position;
    /// without a default it must be written.
    ///
    /// - Parameter isListed: whether the list of keys includes the keys of the maps.
    func sections<Element>(
        _ key: String, _ meaning: String, default value: [Element]?, count: LegalRange<Int> = .any,
        isListed: Bool = true, _ read: (ConfigurationSection, Element?) throws -> Element
    ) throws -> [Element] {
        let what = "a list of maps, such as [{...}, {...}]"
        note(key, what, meaning, isRequired: value == nil)
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
        var result = value ?? []
        if isListing, isListed {
            _ = try element("\(key)[]", nil, nil, source)
            effective = []
        }
        if let node = node(key) {
            // A written list replaces the whole default: its elements do not start from the elements of the default.
            result = try elements(key, node, what).map { try element($0, $1, nil, source) }
        } else if value != nil || isListing {
            // The keys of an element are listed once, not for each element of the default.
            let source = isListing ? Source(file: nil) : source
            result = try result.enumerated().map { try element("\(key)[\($0)]", nil, $1, source) }
        } else {
            throw missing(key, what)
        }
        if !isListing { try check(key, result.count, count) }
        record(key, .list(effective))
        return result
    }

    /// The elements written for a list, with their keys.
    fileprivate func elements(
        _ key: String, _ node: ConfigurationNode, _ what: String
    ) throws -> [(String, ConfigurationNode)] {
        guard case .sequence(let nodes) = node.content else { throw illegal(.wrongType, key, node, what) }
        return nodes.enumerated().map { index, node in
            let name = "\(key)[\(index)]"
            source.record(path(of: name), node.location)
            return (name, node)
        }
    }

    fileprivate func check(_ key: String, _ count: Int, _ legal: LegalRange<Int>) throws {
        guard legal.contains(count) else {
            throw error(
                .illegalValue, key, "must be a list of a length\(legal.words); got \(count) elements")
        }
    }
}
