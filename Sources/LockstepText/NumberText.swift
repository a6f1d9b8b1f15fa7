/// A number with `count` decimals, for a table; "-" if it is not finite.
package func decimals(_ value: Double, _ count: Int32) -> String {
    guard value.isFinite else { return "-" }
    var buffer = TextBuffer()
    buffer.append(value, decimals: count)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// A whole number with `,` between groups of three digits.
package func grouped(_ value: Int) -> String {
    var buffer = TextBuffer()
    buffer.append(value, grouped: true)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// A count with its noun: `1 rank`, `2 ranks`.
package func counted(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }

extension Quartiles {
    /// The median, and the quartiles in parentheses, for a table.
    package func text(decimals count: Int32) -> String {
        "\(decimals(median, count)) (\(decimals(lower, count)) - \(decimals(upper, count)))"
    }
}
