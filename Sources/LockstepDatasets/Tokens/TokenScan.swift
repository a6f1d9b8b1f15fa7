import LockstepReaders

/// What one pass over a file of token ids finds. It is stored in the cache, so that the next start does not read
/// the whole file.
struct TokenScan: Codable {
    /// The checksum (CRC-32) of the tokens as they are stored.
    var crc: UInt32
    var minimum: Int64
    var maximum: Int64

    /// Reads a file.
    init(_ file: TokenFile) throws(DatasetError) {
        let element = file.element
        var (crc, minimum, maximum) = (UInt32(0), Int64.max, Int64.min)
        try file.forEachBlock { stored, range throws(DatasetError) in
            crc = Checksum.crc(stored, range.count * element.byteCount, after: crc)
            let bounds = element.bounds(stored, range.count)
            (minimum, maximum) = (min(minimum, bounds.0), max(maximum, bounds.1))
        }
        (self.crc, self.minimum, self.maximum) = (crc, minimum, maximum)
    }

    /// The result for a file, from the cache if possible.
    static func of(_ file: TokenFile, _ cache: DataCache) throws -> TokenScan {
        let key = "\(file.stamp) \(file.element) \(file.offset)"
        return try cache.value(
            named: "tokens", key: key, isUsable: { _ in true }, compute: { try TokenScan(file) })
    }

    /// Refuses tokens outside the vocabulary.
    func require(below vocabulary: Int, in file: TokenFile) throws(DatasetError) {
        guard minimum < 0 || maximum >= vocabulary else { return }
        let element = file.element
        var found = (position: 0, token: maximum)
        var isFound = false
        try file.forEachBlock { stored, range throws(DatasetError) in
            guard !isFound else { return }
            for position in range {
                let address = stored + (position - range.lowerBound) * element.byteCount
                let token = element.bounds(address, 1).0
                if token < 0 || token >= vocabulary {
                    (found, isFound) = ((position, token), true)
                    return
                }
            }
        }
        throw DatasetError(
            .value, file.path, .byte(file.offset + found.position * element.byteCount),
            "token \(found.position) is \(found.token), but the vocabulary has \(vocabulary) tokens, "
                + "0 to \(vocabulary - 1); the largest token of the file is \(maximum)",
            advice:
                "set data.tokens.vocabulary to the number of different tokens of the tokenizer that wrote the file, "
                + "and data.tokens.type (here \(element)) to the type of its numbers")
    }
}
