import Glibc

/// Decimal numbers in text, rounded correctly to a double.
package enum DecimalNumber {
    private static let powers: [Double] = (0...22).map { pow(10, Double($0)) }

    /// The number in a text; nil if the whole text is not a number. "inf" and "nan" are not numbers.
    package static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        var index = 0
        var isNegative = false
        if let sign = text.first, sign == 0x2D || sign == 0x2B {
            isNegative = sign == 0x2D
            index = 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var seen = false
        var point = false
        while index < text.count {
            let byte = text[index]
            if byte &- 0x30 < 10 {
                seen = true
                if point { exponent -= 1 }
                mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                // Leading zeros are not significant.
                if mantissa != 0 { digits += 1 }
            } else if byte == 0x2E && !point {
                point = true
            } else {
                break
            }
            index += 1
        }
        guard seen else { return nil }
        if index < text.count {
            guard text[index] | 0x20 == 0x65, let written = power(text, from: index + 1) else { return nil }
            exponent += written
        }
        // Clinger's fast path: both factors are exact, so the single operation rounds correctly.
        if digits <= 19 && mantissa <= 1 << 53 && abs(exponent) <= 22 {
            let value = Double(mantissa)
            let result = exponent < 0 ? value / powers[-exponent] : value * powers[exponent]
            return isNegative ? -result : result
        }
        return slow(text)
    }

    private static func power(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        var isNegative = false
        if index < text.count, text[index] == 0x2D || text[index] == 0x2B {
            isNegative = text[index] == 0x2D
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            value = min(100_000, value * 10 + Int(digit))
            index += 1
        }
        return isNegative ? -value : value
    }

    private static func slow(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        // Swift's own conversion does not depend on the locale.
        Double(String(decoding: text, as: UTF8.self))
    }
}
