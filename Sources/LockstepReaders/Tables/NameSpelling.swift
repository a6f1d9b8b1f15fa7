/// The spelling of names: detects names that are probably meant to be the same.
enum NameSpelling {
    /// A key that is equal for names that differ only in case, in invisible characters, in the kind of white space, or
    /// in the form of a number.
    static func form(of name: String) -> String {
        let visible = name.unicodeScalars.compactMap { isSpace($0) ? " " : isInvisible($0) ? nil : $0 }
        let words = String(String.UnicodeScalarView(visible)).split(separator: " ")
        var text = words.joined(separator: " ").lowercased()
        let number = text.withUTF8 { DecimalNumber.parse($0) }
        return number.map { "\($0 == 0 ? 0 : $0)" } ?? text
    }

    /// A name with invisible characters in the form `\\u{200B}`.
    static func visible(_ name: String) -> String {
        name.unicodeScalars.map { scalar in
            scalar == " " || !isInvisible(scalar)
                ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }.joined()
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        isSpace(scalar) || [.format, .control].contains(scalar.properties.generalCategory)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        [.spaceSeparator, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
}
