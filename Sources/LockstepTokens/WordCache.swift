/// The tokens of words that have been merged before: most words of a text are repetitions.
struct WordCache {
    private struct Entry {
        var word: Range<Int>
        var tokens: Range<Int>
    }

    private var words: [UInt8] = []
    private var tokens: [Int32] = []
    private var entries: [Entry] = []
    /// The number of an entry plus 1; 0 for a free slot.
    private var slots = [Int32](repeating: 0, count: 1 << 16)

    /// Longer words are seldom repeated.
    static let longest = 64
    private static let mostEntries = 1 << 20

    /// Appends the tokens of a word to a list.
    /// - Returns: false if the word is not in the cache.
    func append(_ word: UnsafeBufferPointer<UInt8>, _ hash: Int, to result: inout [Int32]) -> Bool {
        let number = slots[slot(word, hash)]
        guard number > 0 else { return false }
        for place in entries[Int(number) - 1].tokens { result.append(tokens[place]) }
        return true
    }

    /// Stores a word that is not in the cache.
    mutating func insert(_ word: UnsafeBufferPointer<UInt8>, _ hash: Int, _ merged: ArraySlice<Int32>) {
        guard entries.count < Self.mostEntries else { return }
        if 2 * entries.count >= slots.count { grow() }
        let place = (words.count, tokens.count)
        words.append(contentsOf: word)
        tokens.append(contentsOf: merged)
        entries.append(Entry(word: place.0..<words.count, tokens: place.1..<tokens.count))
        slots[slot(word, hash)] = Int32(entries.count)
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: 2 * slots.count)
        words.withUnsafeBufferPointer { words in
            for (number, entry) in entries.enumerated() {
                let word = UnsafeBufferPointer(rebasing: words[entry.word])
                var slot = Self.hash(word) & (slots.count - 1)
                while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = Int32(number + 1)
            }
        }
    }

    /// The slot of a word, or the free slot where it would be.
    private func slot(_ word: UnsafeBufferPointer<UInt8>, _ hash: Int) -> Int {
        var slot = hash & (slots.count - 1)
        while slots[slot] > 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.word.count == word.count, isWord(entry.word.lowerBound, word) { return slot }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private func isWord(_ start: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        for place in word.indices where words[start + place] != word[place] { return false }
        return true
    }

    /// FNV-1a, 64 bits.
    static func hash(_ word: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in word { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 29) & Int.max
    }
}
