import LockstepReaders

/// What one pass over a file of tokens finds. It is stored in the cache, so that the next start does not read the whole file.
struct TokenScan: Codable {
    /// The checksum (CRC-32) of the tokens as they are stored.
    var crc: UInt32
    var minimum: Int64
    var maximum: Int64

    private static let block = 1 << 20

    /// Reads a file.
    init(_ file: TokenFile) {
        let run = file.run
        (crc, minimum, maximum) = (0, .max, .min)
        var first = 0
        while first < run.count {
            let count = min(Self.block, run.count - first)
            let size = run.element.byteCount
            crc = Checksum.crc(run.address + first * size, count * size, after: crc)
            let bounds = run.bounds(first, count)
            (minimum, maximum) = (min(minimum, bounds.0), max(maximum, bounds.1))
            first += count
        }
    }

    /// The result for a file, from the cache if possible.
    static func of(_ file: TokenFile, _ cache: DataCache) throws -> TokenScan {
        let key = "\(file.stamp) \(file.element) \(file.offset)"
        return try cache.value(
            named: "tokens", key: key, isUsable: { _ in true }, compute: { TokenScan(file) })
    }

    /// Refuses tokens outside the vocabulary.
    func require(below vocabulary: Int, in file: TokenFile) throws(DatasetError) {
        guard minimum < 0 || maximum >= vocabulary else { return }
        let run = file.run
        let found = (0..<run.count).lazy.map { (place: $0, token: run.token($0)) }
            .first { $0.token < 0 || $0.token >= vocabulary }
        throw DatasetError(
            .value, file.path, .byte(file.offset + (found?.place ?? 0) * run.element.byteCount),
            "token \(found?.place ?? 0) is \(found?.token ?? maximum), but the vocabulary has \(vocabulary) tokens, 0 to \(vocabulary - 1); "
                + "the largest token of the file is \(maximum)",
            advice:
                "set data.tokens.vocabulary to the number of different tokens of the tokenizer that wrote the file, and data.tokens.type "
                + "(here \(run.element)) to the type of its numbers")
    }
}

extension TokenSequence.Run {
    /// The smallest and the largest of some tokens.
    fileprivate func bounds(_ first: Int, _ count: Int) -> (Int64, Int64) {
        func bounds<Stored: FixedWidthInteger>(_ type: Stored.Type) -> (Int64, Int64) {
            let source = address.assumingMemoryBound(to: type) + first
            var (low, high) = (Stored.max, Stored.min)
            for place in 0..<count {
                low = min(low, source[place])
                high = max(high, source[place])
            }
            return (Int64(low), Int64(high))
        }
        return switch element {
        case .uint8: bounds(UInt8.self)
        case .uint16: bounds(UInt16.self)
        case .uint32: bounds(UInt32.self)
        case .int32: bounds(Int32.self)
        case .int64: bounds(Int64.self)
        }
    }

    fileprivate func token(_ place: Int) -> Int64 { bounds(place, 1).0 }
}
