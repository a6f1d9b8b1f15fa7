/// Paths with a range of numbers, as in `shard-{000000..000009}.tar`.
package enum BracePattern {
    /// The largest number of paths that a pattern may stand for.
    package static let largest = 1_000_000

    /// All paths of a pattern, in order; a pattern without braces is one path. Numbers are padded with zeros to the width of the first.
    /// - Returns: nil if the braces do not hold such a range.
    package static func expand(_ pattern: String) -> [String]? {
        guard let open = pattern.firstIndex(of: "{") else { return pattern.contains("}") ? nil : [pattern] }
        guard let close = pattern[open...].firstIndex(of: "}") else { return nil }
        let parts = pattern[pattern.index(after: open)..<close].split(
            separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, let first = Int(parts[0]), let last = Int(parts[2]),
            first >= 0,
            last >= first, last - first < largest,
            let rests = expand(String(pattern[pattern.index(after: close)...])),
            rests.count <= largest / (last - first + 1)
        else { return nil }
        let width = parts[0].count
        return (first...last).flatMap { number in
            let digits = "\(number)"
            let padded = String(repeating: "0", count: max(0, width - digits.count)) + digits
            return rests.map { pattern[..<open] + padded + $0 }
        }
    }
}
