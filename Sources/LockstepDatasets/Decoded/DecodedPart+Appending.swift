import Glibc
import LockstepReaders

extension DecodedPart {
    /// Appends validation samples to the training samples.
    /// - Parameters:
    ///   - file: the file of the validation samples, for messages.
    ///   - identifierColumns: the number of texts of a sample that are copied to predictions.
    mutating func append(_ other: DecodedPart, file: String, identifierColumns: Int = 0) throws(DatasetError)
    {
        try other.requireSamples(like: self, file: file, called: "validation")
        guard count + other.count <= Int(Int32.max) else {
            throw DatasetError(
                .format, file,
                "\(count) training and \(other.count) validation samples are more than the maximum of \(Int32.max)",
                advice: "split the file")
        }
        if let stream, let added = other.stream {
            let size = added.rows.count * added.rows.decodedRow
            let checksum = Checksum.joined(stream.checksum, added.checksum, byteCount: size)
            self.stream = try stream.appending(added, checksum: checksum)
        }
        inputs = try Self.joined(inputs, other.inputs, file)
        targets = try Self.joined(targets, other.targets, file)
        if let one = weights, let next = other.weights { weights = try Self.joined(one, next, file) }
        if let one = identifiers, let next = other.identifiers, identifierColumns > 0 {
            identifiers =
                SampleTexts(one, rows: count, columns: identifierColumns).appending(
                    SampleTexts(next, rows: other.count, columns: identifierColumns)
                ).block
        }
        count += other.count
        hasMissing = hasMissing || other.hasMissing
    }

    private static func joined(
        _ one: MemoryBlock, _ other: MemoryBlock, _ file: String
    ) throws(DatasetError) -> MemoryBlock {
        guard other.count > 0 else { return one }
        try MemoryNeed.require(
            one.count + other.count, file, "to hold training and validation samples together",
            advice: "use a machine with more memory, or a part of the data")
        let block = MemoryBlock(count: one.count + other.count)
        memcpy(block.address, one.address, one.count)
        memcpy(block.address + one.count, other.address, other.count)
        return block
    }
}
