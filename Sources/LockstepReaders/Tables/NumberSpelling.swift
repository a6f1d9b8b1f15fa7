/// How the numbers of a table are written: the decimal sign and the thousands separator.
package struct NumberSpelling {
    private let decimal: UInt8
    private let thousands: [UInt8]
    /// Whether numbers are written as in programs and need no conversion.
    private let isPlain: Bool

    /// - Parameters:
    ///   - decimal: one ASCII character.
    ///   - thousands: one character; empty for none.
    package init(decimal: String, thousands: String) {
        self.decimal = decimal.utf8.first ?? UInt8(ascii: ".")
        self.thousands = Array(thousands.utf8)
        isPlain = self.decimal == UInt8(ascii: ".") && thousands.isEmpty
    }

    /// The number in a text; nil if the whole text is not a number.
    ///
    /// Digits are grouped: at most three digits before the first separator, two or three between separators, and three
    /// after the last one.
    package func parse(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        guard !isPlain else { return DecimalNumber.parse(text) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count + 1) { plain in
            guard let count = write(text, plain) else { return nil }
            return DecimalNumber.parse(UnsafeBufferPointer(rebasing: plain[..<count]))
        }
    }

    /// Whether a text is a number within the range of 32-bit floats.
    package func isNumber(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { parse($0).map { Float($0).isFinite } ?? false }
    }

    /// Writes a number without separators and with a decimal point.
    private func write(
        _ text: UnsafeBufferPointer<UInt8>, _ plain: UnsafeMutableBufferPointer<UInt8>
    ) -> Int? {
        var (place, count, group, groups) = (0, 0, 0, 0)
        var isWhole = true
        /// Whether the last group has the right number of digits.
        func isComplete() -> Bool { groups == 0 || group == 3 }
        while place < text.count {
            let byte = text[place]
            if isWhole, !thousands.isEmpty, text[place...].starts(with: thousands) {
                guard group > 0, group <= 3, groups == 0 || group >= 2 else { return nil }
                groups += 1
                group = 0
                place += thousands.count
                continue
            }
            if byte &- 0x30 < 10 {
                if isWhole { group += 1 }
            } else if isWhole, byte == decimal || byte | 0x20 == 0x65 {
                guard isComplete() else { return nil }
                isWhole = false
            } else if byte == UInt8(ascii: ".") {
                return nil
            }
            plain[count] = byte == decimal ? UInt8(ascii: ".") : byte
            count += 1
            place += 1
        }
        return isWhole && !isComplete() ? nil : count
    }
}
