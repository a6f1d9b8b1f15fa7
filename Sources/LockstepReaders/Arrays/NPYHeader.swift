/// The three fields of an NPY header: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
package struct NPYHeader {
    /// Byte order and type of a number, as in `<f4`.
    package let description: String
    /// Whether the first index runs fastest.
    package let isFortranOrder: Bool
    /// The extents, outermost first.
    package let shape: [Int]

    package init(_ text: String, file: String) throws(DatasetError) {
        func refuse(_ problem: String) -> DatasetError {
            DatasetError(
                .format, file, .byte(10), "the NPY header '\(text.trimmed)' cannot be used: \(problem)",
                advice: "write the array again with numpy.save, with plain numbers")
        }
        guard let quoted = Self.value("descr", text), let quote = quoted.first, quote == "'" || quote == "\"",
            let end = quoted.dropFirst().firstIndex(of: quote)
        else { throw refuse("the type is not a single type of numbers") }
        description = String(quoted[quoted.index(after: quoted.startIndex)..<end])

        guard let order = Self.value("fortran_order", text) else { throw refuse("fortran_order is missing") }
        guard order.hasPrefix("True") || order.hasPrefix("False") else {
            throw refuse("fortran_order is neither True nor False")
        }
        isFortranOrder = order.hasPrefix("True")

        guard let tuple = Self.value("shape", text), tuple.hasPrefix("("),
            let close = tuple.firstIndex(of: ")")
        else { throw refuse("shape is missing") }
        var extents: [Int] = []
        for part in tuple[tuple.index(after: tuple.startIndex)..<close].split(separator: ",") {
            let digits = String(part).trimmed
            if digits.isEmpty { continue }
            guard let extent = Int(digits), extent >= 0 else { throw refuse("shape is invalid") }
            extents.append(extent)
        }
        shape = extents
    }

    /// The text after `'key':`.
    private static func value(_ key: String, _ text: String) -> Substring? {
        for quote in ["'", "\""] {
            var rest = text[...]
            let wanted = quote + key + quote
            while let start = rest.firstIndex(of: Character(quote)) {
                rest = rest[start...]
                if rest.hasPrefix(wanted) {
                    let after = rest.dropFirst(wanted.count).drop { $0 == " " }
                    guard after.first == ":" else { return nil }
                    return after.dropFirst().drop { $0 == " " }
                }
                rest = rest.dropFirst()
            }
        }
        return nil
    }
}

extension String {
    /// Without white space at both ends.
    package var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
