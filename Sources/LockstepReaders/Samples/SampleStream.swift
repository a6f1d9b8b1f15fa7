import Glibc
import LockstepContracts
import Synchronization

/// Reads samples from their files when they are needed, in any order, by any thread.
///
/// A read is one `pread` of the sample's bytes, and the kernel's page cache keeps what fits into memory. Files are not mapped: a
/// truncated file would kill a process that maps it, whereas a failed read is an error that can be reported.
///
/// `@unchecked Sendable`: a buffer is used by the thread that took it from the list; everything else is constant or
/// guarded by the lock.
package final class SampleStream: @unchecked Sendable {
    /// Where the samples are stored.
    package let rows: StreamedRows
    /// The checksum (CRC-32) of all decoded samples in order; 0 until it is known.
    package let checksum: UInt32
    /// The conversion of numbers to 32 bits; nil for plain rounding.
    package let narrowing: NumberNarrowing?

    private let stamps: [FileStamp]
    private let descriptors: [Int32]
    private let decoders: [RowDecoder]
    /// The size of a stored row of each file, in bytes.
    private let sizes: [Int]
    private let lock = Mutex(())
    /// Unused buffers; guarded by the lock.
    private var free: [RowBuffer] = []
    /// The first error; guarded by the lock.
    private var firstFailure: DatasetError?
    private let hasFailed = Atomic<Bool>(false)

    /// The number of bytes per read when all samples are read in order.
    private static let blockByteCount = 4 << 20
    /// A buffer checks whether its file has changed once in this many reads.
    private static let readsPerCheck = 64

    /// Opens the files.
    /// - Parameter places: for each file of `rows`, the path that is read: a copy or the file itself.
    /// - Throws: `DatasetError` for a file that cannot be opened or no longer matches its stamp.
    package init(
        _ rows: StreamedRows, at places: [FileStamp], narrowing: NumberNarrowing?, checksum: UInt32 = 0
    ) throws(DatasetError) {
        contract(
            places.count == rows.files.count,
            "SampleStream: \(places.count) places of \(rows.files.count) files")
        var opened: [Int32] = []
        var byPath: [String: Int32] = [:]
        do throws(DatasetError) {
            for stamp in places {
                if let descriptor = byPath[stamp.path] {
                    opened.append(descriptor)
                    continue
                }
                let descriptor = open(stamp.path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { throw SourceFile.failure(opening: stamp.path, errno) }
                byPath[stamp.path] = descriptor
                opened.append(descriptor)
                guard try FileStamp(stamp.path, descriptor) == stamp else { throw Self.changed(stamp.path) }
                posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
            }
        } catch {
            for descriptor in Set(opened) { close(descriptor) }
            throw error
        }
        (self.rows, stamps, descriptors) = (rows, places, opened)
        (self.narrowing, self.checksum) = (narrowing, checksum)
        let isBytes = rows.isBytes
        decoders = rows.files.map {
            RowDecoder(
                $0, width: rows.width, leadingChannels: rows.leadingChannels, isBytes: isBytes,
                narrowing: narrowing)
        }
        sizes = rows.files.map { rows.width * $0.element.byteCount }
    }

    deinit { for descriptor in Set(descriptors) { close(descriptor) } }

    /// The same samples with another conversion or checksum.
    package func with(narrowing: NumberNarrowing?, checksum: UInt32) throws(DatasetError) -> SampleStream {
        try SampleStream(rows, at: stamps, narrowing: narrowing, checksum: checksum)
    }

    /// These samples, followed by those of another stream.
    package func appending(_ other: SampleStream, checksum: UInt32) throws(DatasetError) -> SampleStream {
        var all = rows
        all.append(other.rows)
        return try SampleStream(all, at: stamps + other.stamps, narrowing: narrowing, checksum: checksum)
    }

    /// The first error of `with`.
    package var failure: (any Error)? {
        hasFailed.load(ordering: .acquiring) ? lock.withLock { _ in firstFailure } : nil
    }

    /// Passes a decoded sample to a closure: [width] bytes or float32, valid until the closure returns. After an error, which
    /// `failure` reports, they are zeros.
    package func with(_ row: Int, _ body: (UnsafeRawPointer) -> Void) {
        let buffer =
            lock.withLock { _ in free.popLast() }
            ?? RowBuffer(stored: rows.largestRow, decoded: rows.decodedRow)
        do throws(DatasetError) {
            body(try read(row, into: buffer))
        } catch {
            lock.withLock { _ in if firstFailure == nil { firstFailure = error } }
            hasFailed.store(true, ordering: .releasing)
            memset(buffer.decoded, 0, rows.decodedRow)
            body(buffer.decoded)
        }
        lock.withLock { _ in free.append(buffer) }
    }

    private func read(_ row: Int, into buffer: RowBuffer) throws(DatasetError) -> UnsafeRawPointer {
        let run = rows.runs[rows.run(of: row)]
        let (file, size) = (run.file, sizes[run.file])
        try fill(buffer.stored, file, run.offset + (row - run.first) * size, size)
        buffer.reads += 1
        if buffer.reads % Self.readsPerCheck == 0 { try requireUnchanged(file) }
        let decoder = decoders[file]
        if decoder.isIdentity { return UnsafeRawPointer(buffer.stored) }
        decoder.swap(buffer.stored, rows: 1)
        decoder.decode(buffer.stored, rows: 1, to: buffer.decoded)
        return UnsafeRawPointer(buffer.decoded)
    }

    /// Asks the kernel to read a sample in the background.
    package func readAhead(_ row: Int) {
        let run = rows.runs[rows.run(of: row)]
        let size = sizes[run.file]
        // Errors are ignored: what is not read ahead is read later.
        posix_fadvise(
            descriptors[run.file], off_t(run.offset + (row - run.first) * size), off_t(size),
            POSIX_FADV_WILLNEED)
    }

    /// The maximum number of rows in a block.
    package var rowsOfBlock: Int { max(1, min(rows.count, Self.blockByteCount / max(1, rows.largestRow))) }

    /// Reads all samples in order, a block at a time.
    /// - Parameter body: gets stored rows in this machine's byte order, their decoder, and their numbers.
    package func forEachStoredBlock(
        _ body: (UnsafeRawPointer, RowDecoder, Range<Int>) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        for descriptor in Set(descriptors) { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
        defer { for descriptor in Set(descriptors) { posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM) } }
        let most = rowsOfBlock
        let block = MemoryBlock(count: most * rows.largestRow)
        for (index, run) in rows.runs.enumerated() {
            let (file, size, end) = (run.file, sizes[run.file], rows.end(ofRun: index))
            for first in stride(from: run.first, to: end, by: most) {
                let count = min(most, end - first)
                try fill(block.address, file, run.offset + (first - run.first) * size, count * size)
                decoders[file].swap(block.address, rows: count)
                try body(UnsafeRawPointer(block.address), decoders[file], first..<first + count)
            }
        }
        for file in descriptors.indices { try requireUnchanged(file) }
    }

    /// Reads and decodes all samples in order, a block at a time.
    package func forEachBlock(
        _ body: (UnsafeRawPointer, Range<Int>) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        let decoded = MemoryBlock(count: rowsOfBlock * rows.decodedRow)
        try forEachStoredBlock { (stored, decoder, range) throws(DatasetError) in
            guard !decoder.isIdentity else { return try body(stored, range) }
            decoder.decode(stored, rows: range.count, to: decoded.address)
            try body(UnsafeRawPointer(decoded.address), range)
        }
    }

    private func fill(
        _ target: UnsafeMutableRawPointer, _ file: Int, _ offset: Int, _ count: Int
    ) throws(DatasetError) {
        var filled = 0
        while filled < count {
            let got = pread(descriptors[file], target + filled, count - filled, off_t(offset + filled))
            if got < 0 {
                if errno == EINTR { continue }
                throw SourceFile.failure(stamps[file].path, errno)
            }
            guard got > 0 else {
                throw DatasetError(
                    .truncated, stamps[file].path, .byte(offset + filled),
                    "the file ends here, but it had \(stamps[file].byteCount) bytes when the run began",
                    advice:
                        "do not change data files while a run uses them; restore the file and resume the run"
                )
            }
            filled += got
        }
    }

    private func requireUnchanged(_ file: Int) throws(DatasetError) {
        guard stamps[file].isUnchanged(descriptors[file]) else { throw Self.changed(stamps[file].path) }
    }

    private static func changed(_ path: String) -> DatasetError {
        DatasetError(
            .mismatch, path, "the file changed while the run was reading it",
            advice:
                "do not change data files while a run uses them; start again with the new file, or restore the old one"
        )
    }
}

/// The memory for one stored and one decoded sample. Used by one thread at a time.
private final class RowBuffer {
    let stored: UnsafeMutableRawPointer
    let decoded: UnsafeMutableRawPointer
    var reads = 0

    init(stored: Int, decoded: Int) {
        self.stored = .allocate(byteCount: stored, alignment: 64)
        self.decoded = .allocate(byteCount: decoded, alignment: 64)
    }

    deinit {
        stored.deallocate()
        decoded.deallocate()
    }
}
