/// Merges the bytes of a word into tokens: of all pairs of neighbours the one of the lowest rank, of equal
/// ones the first, until no pair has a merge.
///
/// Pairs wait in a heap, so that a long run of white space takes n log n steps. Source: Sennrich et al. 2016.
struct WordMerger {
    private var tokens: [Int32] = []
    /// The next token of each token; the number of bytes for the last one.
    private var next: [Int] = []
    /// The token before each token; -1 for the first one.
    private var previous: [Int] = []
    /// Ranks, and the position of the left token of the pair in the lower 32 bits; the smallest is first.
    private var heap: [UInt64] = []

    /// Appends the tokens of a word to a list.
    mutating func merge(
        _ word: UnsafeBufferPointer<UInt8>, bytes: [Int32], _ merges: MergeTable, into result: inout [Int32]
    ) {
        let count = word.count
        tokens.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for place in 0..<count {
            tokens.append(bytes[Int(word[place])])
            next.append(place + 1)
            previous.append(place - 1)
        }
        for place in 0..<max(0, count - 1) { push(place, count, merges) }
        while let entry = pop() {
            let place = Int(entry & 0xFFFF_FFFF)
            let other = next[place]
            // The pair may have been merged into another token since.
            guard tokens[place] >= 0, other < count, let merge = merges.find(tokens[place], tokens[other]),
                UInt64(merge.rank) == entry >> 32
            else { continue }
            tokens[place] = merge.token
            tokens[other] = -1
            next[place] = next[other]
            if next[place] < count { previous[next[place]] = place }
            push(place, count, merges)
            if previous[place] >= 0 { push(previous[place], count, merges) }
        }
        var place = 0
        while place < count {
            result.append(tokens[place])
            place = next[place]
        }
    }

    private mutating func push(_ place: Int, _ count: Int, _ merges: MergeTable) {
        guard next[place] < count, let merge = merges.find(tokens[place], tokens[next[place]]) else { return }
        heap.append(UInt64(merge.rank) << 32 | UInt64(place))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> UInt64? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }
}
