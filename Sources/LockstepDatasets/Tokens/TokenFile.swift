import Glibc
import LockstepReaders

/// An open file of token ids: raw numbers, or an NPY array of one dimension.
///
/// The file is read, not mapped: a mapped file that becomes shorter ends the process. Several threads may read at
/// once, since reads do not share a position.
final class TokenFile: Sendable {
    let stamp: FileStamp
    let element: TokenSequence.Element
    /// The number of tokens.
    let count: Int
    /// The position of the first token in the file.
    let offset: Int
    var path: String { stamp.path }
    private let descriptor: Int32

    /// How tokens are stored in a file.
    private typealias Layout = (element: TokenSequence.Element, count: Int, offset: Int)

    /// The size of the part of a file that may have an NPY header.
    private static let head = 64 << 10
    /// The number of bytes that are read at once for a window, and for all tokens.
    private static let (piece, block) = (1 << 10, 4 << 20)

    /// Opens a file.
    /// - Parameter raw: how tokens are stored in a file without a header.
    /// - Throws: `DatasetError` for a file that cannot be read or does not have whole tokens.
    init(_ path: String, raw: TokenSequence.Element) throws(DatasetError) {
        for ending in [".gz", ".zst"] where path.hasSuffix(ending) {
            throw DatasetError(
                .format, path,
                "compressed files of token ids are not read, since windows are read in any order",
                advice: "unpack it first, with \(ending == ".gz" ? "gunzip" : "zstd -d")")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SourceFile.failure(opening: path, errno) }
        do throws(DatasetError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw SourceFile.failure(path, errno) }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw DatasetError(
                    .unreadable, path, "this is not a file", advice: "give the path of a file")
            }
            stamp = try FileStamp(path, descriptor)
            (element, count, offset) = try Self.layout(stamp, descriptor, raw)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
    }

    deinit { close(descriptor) }

    private static func layout(
        _ stamp: FileStamp, _ descriptor: Int32, _ raw: TokenSequence.Element
    ) throws(DatasetError) -> Layout {
        let (path, size) = (stamp.path, stamp.byteCount)
        guard size > 0 else {
            throw DatasetError(.empty, path, "the file is empty", advice: "write the tokens again")
        }
        let head = MemoryBlock(count: min(size, Self.head))
        try fill(head.address, descriptor, 0, head.count, stamp)
        if NPYReader.isArray(head.bytes) { return try array(head.bytes, stamp) }
        guard !path.hasSuffix(".npy") else {
            throw DatasetError(
                .format, path, .byte(0), "not an NPY file", advice: "write the array with numpy.save")
        }
        guard size % raw.byteCount == 0 else {
            throw DatasetError(
                .format, path,
                "its \(size) bytes are not a whole number of tokens of type \(raw) with \(raw.byteCount) bytes each",
                advice: "write the file again, or set data.tokens.type to the type of its numbers")
        }
        return (raw, size / raw.byteCount, 0)
    }

    private static func array(
        _ head: UnsafeBufferPointer<UInt8>, _ stamp: FileStamp
    ) throws(DatasetError) -> Layout {
        let path = stamp.path
        guard let fields = NPYReader.fields(head) else {
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
                "the array has the type '\(fields.description)' and the shape \(fields.shape), but tokens are an array "
                    + "of one dimension of uint16, uint32, int32 or int64 in little-endian order",
                advice: "convert it, as in numpy.save(path, array.ravel().astype(\"uint16\"))")
        }
        let count = fields.shape[0]
        guard let size = NPYReader.byteCount(head), size == stamp.byteCount else {
            throw DatasetError(
                .truncated, path, "the file does not have the \(count) tokens that its header announces",
                advice: "write it again with numpy.save")
        }
        guard count > 0 else {
            throw DatasetError(.empty, path, "the array is empty", advice: "write the tokens again")
        }
        return (element, count, size - count * element.byteCount)
    }

    /// Copies tokens to memory. Allocates nothing on the heap.
    /// - Throws: `DatasetError` for a file that cannot be read, or has changed since it was opened.
    func copy(
        _ first: Int, _ count: Int, to target: UnsafeMutablePointer<Int32>
    ) throws(DatasetError) {
        try requireUnchanged()
        let size = element.byteCount
        // Up to 1,024 bytes are on the stack.
        let failure = withUnsafeTemporaryAllocation(byteCount: Self.piece, alignment: 8) {
            buffer -> DatasetError? in
            guard let stored = buffer.baseAddress else { return nil }
            do throws(DatasetError) {
                for start in stride(from: 0, to: count, by: Self.piece / size) {
                    let part = min(Self.piece / size, count - start)
                    try Self.fill(stored, descriptor, offset + (first + start) * size, part * size, stamp)
                    element.copy(stored, part, to: target + start)
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Reads all tokens in order, a block at a time.
    /// - Parameter body: gets stored tokens, aligned to their size, and their numbers.
    func forEachBlock(
        _ body: (UnsafeRawPointer, Range<Int>) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        defer { posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM) }
        let size = element.byteCount
        let most = min(count, Self.block / size)
        let block = MemoryBlock(count: most * size)
        for first in stride(from: 0, to: count, by: most) {
            let part = min(most, count - first)
            try Self.fill(block.address, descriptor, offset + first * size, part * size, stamp)
            try body(UnsafeRawPointer(block.address), first..<first + part)
        }
        try requireUnchanged()
    }

    private func requireUnchanged() throws(DatasetError) {
        guard stamp.isUnchanged(descriptor) else {
            throw DatasetError(
                .mismatch, path, "the file changed while the run was reading it",
                advice: "do not change data files while a run uses them; start again with the new file, "
                    + "or restore the old one")
        }
    }

    private static func fill(
        _ target: UnsafeMutableRawPointer, _ descriptor: Int32, _ offset: Int, _ count: Int,
        _ stamp: FileStamp
    ) throws(DatasetError) {
        var filled = 0
        while filled < count {
            let got = pread(descriptor, target + filled, count - filled, off_t(offset + filled))
            if got < 0 {
                if errno == EINTR { continue }
                throw SourceFile.failure(stamp.path, errno)
            }
            guard got > 0 else {
                throw DatasetError(
                    .truncated, stamp.path, .byte(offset + filled),
                    "the file ends here, but it had \(stamp.byteCount) bytes when the run began",
                    advice:
                        "do not change data files while a run uses them; restore the file and resume the run")
            }
            filled += got
        }
    }
}
