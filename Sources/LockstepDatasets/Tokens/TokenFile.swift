import Glibc
import LockstepReaders

/// A mapped file of tokens: raw numbers, or an NPY array of one dimension.
struct TokenFile {
    let path: String
    let stamp: FileStamp
    let element: TokenSequence.Element
    /// The number of tokens.
    let count: Int
    /// The contents of the file.
    let block: MemoryBlock
    /// The position of the first token in the file.
    let offset: Int

    /// The tokens.
    var run: TokenSequence.Run {
        .init(address: UnsafeRawPointer(block.address + offset), count: count, element: element)
    }

    /// Maps a file.
    /// - Parameter raw: how tokens are stored in a file without a header.
    /// - Throws: `DatasetError` for a file that cannot be read or does not have whole tokens.
    init(_ path: String, raw: TokenSequence.Element) throws(DatasetError) {
        for ending in [".gz", ".zst"] where path.hasSuffix(ending) {
            throw DatasetError(
                .format, path,
                "compressed files of tokens are not read, since their tokens cannot be mapped into memory",
                advice: "unpack it first, with \(ending == ".gz" ? "gunzip" : "zstd -d")")
        }
        stamp = try FileStamp(path)
        block = try SourceFile(mapping: path).block
        self.path = path
        guard block.count > 0 else {
            throw DatasetError(.empty, path, "the file is empty", advice: "write the tokens again")
        }
        if NPYReader.isArray(block.bytes) {
            (element, count, offset) = try Self.array(block.bytes, path)
            return
        }
        guard !path.hasSuffix(".npy") else {
            throw DatasetError(
                .format, path, .byte(0), "not an NPY file", advice: "write the array with numpy.save")
        }
        guard block.count % raw.byteCount == 0 else {
            throw DatasetError(
                .format, path,
                "its \(block.count) bytes are not a whole number of tokens of type \(raw) with \(raw.byteCount) bytes each",
                advice: "write the file again, or set data.tokens.type to the type of its numbers")
        }
        (element, count, offset) = (raw, block.count / raw.byteCount, 0)
    }

    private static func array(
        _ bytes: UnsafeBufferPointer<UInt8>, _ path: String
    ) throws(DatasetError) -> (TokenSequence.Element, Int, Int) {
        guard let fields = NPYReader.fields(bytes) else {
            throw DatasetError(
                .format, path, .byte(6), "the NPY header cannot be read",
                advice: "write the file again with numpy.save")
        }
        let types: [String: TokenSequence.Element] = [
            "<u2": .uint16, "<u4": .uint32, "<i4": .int32, "<i8": .int64,
        ]
        guard let element = types[fields.description], fields.shape.count == 1 else {
            throw DatasetError(
                .format, path, .byte(10),
                "the array has the type '\(fields.description)' and the shape \(fields.shape), but tokens are an array of one dimension "
                    + "of uint16, uint32, int32 or int64 in little-endian order",
                advice: "convert it, as in numpy.save(path, array.ravel().astype(\"uint16\"))")
        }
        let count = fields.shape[0]
        guard let size = NPYReader.byteCount(bytes), size == bytes.count else {
            throw DatasetError(
                .truncated, path, "the file does not have the \(count) tokens that its header announces",
                advice: "write it again with numpy.save")
        }
        guard count > 0 else {
            throw DatasetError(.empty, path, "the array is empty", advice: "write the tokens again")
        }
        return (element, count, size - count * element.byteCount)
    }

    /// Windows are read in any order: pages around them are not read ahead.
    func expectRandomReads() { madvise(block.address, block.count, MADV_RANDOM) }
}
