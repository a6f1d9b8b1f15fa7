/// Splits a text into words by the rule of GPT-2, within which tokens are merged.
///
/// The rule is the expression
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:
/// contractions; letters, numbers, or other characters, each with one space before them; white space, without
/// the last character if a word follows. Source: Radford et al. 2019 (GPT-2).
struct WordSplitter {
    private let classes = CharacterClasses()

    /// The end of the word that begins at a position.
    func end(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let first = text[start]
        if first == UInt8(ascii: "'"), let end = contraction(text, start) { return end }
        var (kind, size) = classes.character(text, at: start)
        var place = start + size
        if first == UInt8(ascii: " "), place < text.count {
            let next = classes.character(text, at: place)
            if next.kind != .blank {
                kind = next.kind
                place += next.byteCount
            }
        }
        var last = start
        while place < text.count {
            let next = classes.character(text, at: place)
            guard next.kind == kind else { break }
            last = place
            place += next.byteCount
        }
        // The last white space before a word belongs to it if it is a space, and otherwise stands alone.
        guard kind == .blank, place < text.count, last > start else { return place }
        return last
    }

    /// The end of a contraction such as `'ll`; nil if there is none.
    private func contraction(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard start + 1 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return start + 2 < text.count && text[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"):
            return start + 2 < text.count && text[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
        default: return nil
        }
    }

    /// The position after the white space that begins at a position.
    func blanksEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var place = start
        while place < text.count {
            let next = classes.character(text, at: place)
            guard next.kind == .blank else { break }
            place += next.byteCount
        }
        return place
    }

    /// The position of the white space that ends before a position; not before `bound`.
    func blanksStart(_ text: UnsafeBufferPointer<UInt8>, before end: Int, bound: Int) -> Int {
        var place = end
        while place > bound {
            var start = place - 1
            while start > bound, place - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
            let character = classes.character(text, at: start)
            guard character.kind == .blank, start + character.byteCount == place else { break }
            place = start
        }
        return place
    }
}
