/// The merges of a byte-pair encoding: for a pair of tokens its rank and the token that replaces it.
///
/// A hash table with open addressing, since a lookup happens for every pair of neighbours of a word.
struct MergeTable: Sendable {
    /// A merge.
    struct Merge {
        /// Lower ranks are merged first.
        var rank: UInt32
        var token: Int32
    }

    private var keys: [UInt64]
    private var merges: [Merge]
    private let mask: Int
    private static let free = UInt64.max

    /// An empty table.
    /// - Parameter capacity: the maximum number of merges.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        keys = [UInt64](repeating: Self.free, count: size)
        merges = [Merge](repeating: Merge(rank: 0, token: 0), count: size)
        mask = size - 1
    }

    /// Sets the merge of a pair.
    mutating func set(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let slot = slot(left, right)
        keys[slot] = Self.key(left, right)
        merges[slot] = merge
    }

    /// The merge of a pair; nil if there is none.
    func find(_ left: Int32, _ right: Int32) -> Merge? {
        let slot = slot(left, right)
        return keys[slot] == Self.free ? nil : merges[slot]
    }

    /// The place of a pair, or the free place where it would be.
    private func slot(_ left: Int32, _ right: Int32) -> Int {
        let key = Self.key(left, right)
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while keys[slot] != key, keys[slot] != Self.free { slot = (slot + 1) & mask }
        return slot
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
