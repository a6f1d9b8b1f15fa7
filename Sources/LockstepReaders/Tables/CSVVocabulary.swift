/// The distinct names of a column, numbered.
package struct CSVVocabulary: Sendable, Equatable {
    /// The names by number.
    package private(set) var names: [String] = []
    private var numbers: [String: Int32] = [:]
    /// Whether new names are refused.
    package private(set) var isClosed = false

    /// The number of a name; nil for a new name when the vocabulary is closed.
    package mutating func number(_ name: String) -> Int32? {
        if let number = numbers[name] { return number }
        if isClosed { return nil }
        let number = Int32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    /// Sorts the names (whole numbers by value, everything else by its UTF-8) and refuses further ones.
    /// - Returns: the new number of each old one.
    package mutating func close() -> [Int32] {
        let values = names.compactMap { Int($0) }
        let order =
            values.count == names.count
            ? names.indices.sorted { (values[$0], names[$0]) < (values[$1], names[$1]) }
            : names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
        var renumbered = [Int32](repeating: 0, count: names.count)
        for (new, old) in order.enumerated() { renumbered[old] = Int32(new) }
        names = order.map { names[$0] }
        for (number, name) in names.enumerated() { numbers[name] = Int32(number) }
        isClosed = true
        return renumbered
    }
}

/// Stored as the list of its names, and read back closed.
extension CSVVocabulary: Codable {
    package init(from decoder: any Decoder) throws {
        for name in try decoder.singleValueContainer().decode([String].self) { _ = number(name) }
        isClosed = true
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }
}
