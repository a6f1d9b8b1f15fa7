/// Finds the key that a user most likely meant.
package enum NearestKey {
    /// The candidate with the smallest edit distance from `key`, if `key` is close enough to be a misspelling.
    ///
    /// Case is ignored, and `-` equals `_`. The first of equally close candidates is chosen. An abbreviation takes
    /// precedence over all but a single wrong letter: `lr` means `learning_rate`, `batch_size` means `batch`, `optim` means
    /// `optimizer`, but `missing_valus` means `missing_values` and not `missing`.
    package static func find(_ key: String, in candidates: [String]) -> String? {
        guard key.utf8.count <= longest else { return nil }
        if let candidate = candidates.first(where: { isSame(key, as: $0) }) { return candidate }
        let short = candidates.first { isShort(key, for: $0) }
        let key = normalised(key)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(key, normalised(candidate))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let short, best.map({ $0.distance > 1 || key.count < 4 }) ?? true { return short }
        guard let best, best.distance <= max(2, max(key.count, best.candidate.count) / 3),
            best.distance < max(2, key.count)
        else {
            return nil
        }
        return best.candidate
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
    /// (optimal string alignment).
    package static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
        var beforePrevious = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1]
            current.reserveCapacity(b.count + 1)
            for j in 0..<b.count {
                var distance = min(
                    previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    distance = min(distance, beforePrevious[j - 1] + 1)
                }
                current.append(distance)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[b.count]
    }

    /// A longer text is not a misspelled key and would take long to compare.
    private static let longest = 100

    /// Whether one consists of the initials, some words or the beginning of the other.
    package static func isShort(_ key: String, for candidate: String) -> Bool {
        guard key.utf8.count <= longest else { return false }
        let (short, long) = (String(normalised(key)), String(normalised(candidate)))
        guard short != long, !short.isEmpty, !short.contains("."), !long.contains(".") else { return false }
        let words = (short: short.split(separator: "_"), long: long.split(separator: "_"))
        if words.long.count > 1, short == String(words.long.compactMap(\.first)) { return true }
        let sets = (short: Set(words.short), long: Set(words.long))
        if sets.short.isSubset(of: sets.long) || sets.long.isSubset(of: sets.short) { return true }
        return short.count >= 3 && words.short.count == 1 && long.hasPrefix(short)
            || long.count >= 4 && words.long.count == 1 && short.hasPrefix(long)
    }

    /// Whether the two differ only in case, or in `-` for `_`.
    package static func isSame(_ key: String, as candidate: String) -> Bool {
        key.utf8.count <= longest && normalised(key) == normalised(candidate)
    }

    private static func normalised(_ key: String) -> [Character] {
        key.lowercased().map { $0 == "-" ? "_" : $0 }
    }
}
