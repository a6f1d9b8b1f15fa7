extension StringProtocol {
    /// The text for a terminal, on one line: control characters, and those that change the direction of text,
    /// are escaped as `\u{1B}`.
    ///
    /// Escape text from files in this way before printing it.
    package var printable: String { escaped { _ in false } }

    /// The same for text of several lines: keeps line breaks and tabs.
    package var printableLines: String { escaped { $0 == "\n" || $0 == "\t" } }

    private func escaped(keeping: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: { $0.isSteering && !keeping($0) }) else { return String(self) }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isSteering && !keeping(scalar) {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Control characters (C0, delete, C1), line and paragraph separators, marks of direction, and the
    /// byte-order mark.
    fileprivate var isSteering: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
