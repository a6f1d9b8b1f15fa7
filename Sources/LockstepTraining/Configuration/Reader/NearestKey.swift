/// Finds the key that somebody most likely meant.
package enum NearestKey {
    /// The candidate with the fewest typing mistakes away from `key`, if that is near enough to be meant.
    ///
    /// Case and `-` against `_` do not count. The first of equally near candidates wins.
    package static func find(_ key: String, in candidates: [String]) -> String? {
        let key = normalised(key)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(key, normalised(candidate))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
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

    private static func normalised(_ key: String) -> [Character] {
        key.lowercased().map { $0 == "-" ? "_" : $0 }
    }
}
