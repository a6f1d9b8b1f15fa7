/// Tokens that are recognized in a text before it is split into words, such as `<|endoftext|>`.
struct AddedTokens: Sendable {
    /// A token.
    struct Token: Sendable {
        var id: Int32
        /// Not empty.
        var content: [UInt8]
        /// Whether white space before it belongs to it.
        var takesBlanksBefore: Bool
        /// Whether white space after it belongs to it.
        var takesBlanksAfter: Bool
    }

    /// The tokens by their first byte, longest first.
    private var starts: [[Token]]

    init(_ tokens: [Token]) {
        starts = [[Token]](repeating: [], count: 256)
        for token in tokens { starts[Int(token.content[0])].append(token) }
        for first in starts.indices {
            starts[first].sort { ($0.content.count, $1.id) > ($1.content.count, $0.id) }
        }
    }

    /// Splits a range of a text at the tokens, of which at each position the longest counts.
    /// - Parameter body: gets each piece, not empty, and the token that it is; nil for text between tokens.
    func split(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ splitter: WordSplitter,
        _ body: (Range<Int>, Int32?) -> Void
    ) {
        // White space belongs to a token only within the piece.
        let piece = UnsafeBufferPointer(rebasing: text[..<range.upperBound])
        var (start, place) = (range.lowerBound, range.lowerBound)
        while place < range.upperBound {
            let candidates = starts[Int(piece[place])]
            guard !candidates.isEmpty,
                let token = candidates.first(where: { token in
                    place + token.content.count <= range.upperBound
                        && token.content.indices.allSatisfy { piece[place + $0] == token.content[$0] }
                })
            else {
                place += 1
                continue
            }
            var end = place + token.content.count
            if token.takesBlanksBefore { place = splitter.blanksStart(piece, before: place, bound: start) }
            if token.takesBlanksAfter { end = splitter.blanksEnd(piece, from: end) }
            if start < place { body(start..<place, nil) }
            body(place..<end, token.id)
            start = end
            place = end
        }
        if start < range.upperBound { body(start..<range.upperBound, nil) }
    }
}
