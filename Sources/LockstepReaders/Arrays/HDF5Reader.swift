internal import CHDF5Reader
import Glibc
import LockstepTensors

/// The data sets of HDF5 files: contiguous, or chunked with the filters of the library (gzip, shuffle, ...), of numbers or of
/// texts.
///
/// A separate process reads the file and sends the numbers, since a damaged file can make libhdf5 crash or loop:
/// see `lockstep_hdf5.h`.
package enum HDF5Reader {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    /// Where a signature can be: after a user block, as in the files of MATLAB.
    private static let places = [0, 512, 1024, 2048]

    /// Whether bytes are the beginning of an HDF5 file.
    package static func isFile(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        places.contains { $0 < bytes.count && bytes[$0...].starts(with: signature) }
    }

    /// Whether an uncompressed file is an HDF5 file.
    package static func isFile(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return places.contains { place in
            var bytes = [UInt8](repeating: 0, count: signature.count)
            return pread(descriptor, &bytes, bytes.count, off_t(place)) == bytes.count && bytes == signature
        }
    }

    /// Reads a data set of a file.
    /// - Parameter name: the path of the data set; nil if the file has only one that can be read.
    package static func read(_ path: String, _ name: String?) throws(DatasetError) -> ArrayContent {
        try HDF5Stream(path: path, image: nil, name: name).content()
    }

    /// Reads a data set of a file that has been unpacked.
    package static func parse(_ file: SourceFile, _ name: String?) throws(DatasetError) -> ArrayContent {
        try HDF5Stream(path: file.path, image: file.block, name: name).content()
    }

    /// Where the numbers of a data set are stored in its file.
    /// - Returns: nil for texts.
    static func place(_ path: String, _ name: String?, needsRuns: Bool) throws(DatasetError) -> ArrayPlace? {
        try HDF5Stream(path: path, image: nil, name: name, wanted: lockstep_hdf5_layout)
            .place(needsRuns: needsRuns)
    }

    /// Passes the bytes of a data set of numbers to a closure, in row-major order.
    static func unpack(
        _ path: String, _ name: String?, to sink: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        try HDF5Stream(path: path, image: nil, name: name).unpack(to: sink)
    }
}

/// A data set as the reading process sends it.
private final class HDF5Stream {
    /// The process is ended after this many seconds without a byte.
    private static let patience: Int32 = 120
    /// The number of bytes that the process may allocate; one chunk must fit.
    private static let memory = 2 << 30
    /// Texts come in blocks of at most this many bytes.
    private static let largestBlock: UInt64 = 1 << 30

    private let path: String
    private let descriptor: Int32
    private let process: pid_t
    private var isEnded = false

    /// - Parameter wanted: what the process sends after the header: the elements, or their layout.
    init(
        path: String, image: MemoryBlock?, name: String?, wanted: Int = lockstep_hdf5_elements
    ) throws(DatasetError) {
        self.path = name.map { "\(path):\($0)" } ?? path
        if let problem = lockstep_hdf5_load() {
            descriptor = -1
            self.process = 0
            isEnded = true
            throw DatasetError(
                .unreadable, path, String(cString: problem),
                advice: "install HDF5 (Debian: libhdf5-103-1), or name its folder in LD_LIBRARY_PATH")
        }
        var process: pid_t = 0
        let memory = Self.memory + 2 * (image?.count ?? 0)
        descriptor = lockstep_hdf5_start(
            path, image?.address, image?.count ?? 0, name, Int32(wanted), memory, &process)
        withExtendedLifetime(image) {}
        self.process = process
        guard descriptor >= 0 else {
            isEnded = true
            throw DatasetError(
                .unreadable, path,
                "the process that reads HDF5 files could not be started: \(String(cString: strerror(errno)))",
                advice: "check the limits of this user's processes and memory")
        }
    }

    deinit { if !isEnded { _ = lockstep_hdf5_end(descriptor, process) } }

    /// The type and the extents of the elements, as the process sends them.
    private func header() throws(DatasetError) -> (code: Int32, extents: [Int]) {
        let header = UnsafeMutablePointer<lockstep_hdf5_header>.allocate(capacity: 1)
        defer { header.deallocate() }
        try fill(header, MemoryLayout<lockstep_hdf5_header>.size)
        if Int(header.pointee.status) != lockstep_hdf5_done { throw refusal(header) }
        return (
            header.pointee.element, (0..<header.pointee.rank).map { Int(lockstep_hdf5_extent(header, $0)) }
        )
    }

    private func count(_ extents: [Int], _ element: RawArray.Element) throws(DatasetError) -> Int {
        guard let count = RawArray.elementCount(extents, byteCount: element.byteCount) else {
            throw DatasetError(
                .tooLarge, path, "its extents \(extents) are too large", advice: "check the file")
        }
        return count
    }

    func content() throws(DatasetError) -> ArrayContent {
        let (code, extents) = try header()
        guard let element = Self.element(code) else {
            return .texts(try texts(extents))
        }
        let count = try count(extents, element)
        // The numbers, and their conversion to 32 bits.
        try MemoryNeed.require(
            MemoryNeed.product(count, element.byteCount, 2), path, "a data set of \(extents) numbers",
            advice: "use a machine with more memory, or a part of the data")
        let block = MemoryBlock(count: count * element.byteCount)
        try fill(block.address, block.count)
        try finish()
        let array = RawArray(path: path, element: element, extents: extents, block: block, offset: 0)
        if Int(code) == lockstep_hdf5_uint64 {
            try array.requireSigned(advice: "write the data set with another type")
        }
        return .numbers(array)
    }

    /// Where the numbers are stored; nil for texts, and for a single number.
    func place(needsRuns: Bool) throws(DatasetError) -> ArrayPlace? {
        let (code, extents) = try header()
        guard let element = Self.element(code), !extents.isEmpty else { return nil }
        _ = try count(extents, element)
        guard needsRuns else {
            return ArrayPlace(path: path, element: element, extents: extents, storage: .packed(.hdf5))
        }
        var number: Int64 = 0
        try fill(&number, 8)
        guard number >= 0, Int(code) != lockstep_hdf5_uint64 else {
            return ArrayPlace(path: path, element: element, extents: extents, storage: .packed(.hdf5))
        }
        // At most one chunk per row.
        guard number <= max(1, extents.first ?? 0) else { throw damaged("it has more chunks than rows") }
        let runs = UnsafeMutableBufferPointer<lockstep_hdf5_run>.allocate(capacity: Int(number))
        defer { runs.deallocate() }
        if let base = runs.baseAddress {
            try fill(base, runs.count * MemoryLayout<lockstep_hdf5_run>.stride)
        }
        try finish()
        return ArrayPlace(
            path: path, element: element, extents: extents,
            storage: .inFile(
                runs.map { ArrayPlace.Run(first: Int($0.first), offset: Int($0.offset)) }, isSwapped: false))
    }

    func unpack(to sink: (UnsafeRawBufferPointer) throws(DatasetError) -> Void) throws(DatasetError) {
        let (code, extents) = try header()
        guard let element = Self.element(code) else {
            throw DatasetError(
                .format, path, "it holds texts where numbers are needed", advice: "give numbers")
        }
        var rest = try count(extents, element) * element.byteCount
        let piece = MemoryBlock(count: 4 << 20)
        while rest > 0 {
            let size = min(rest, piece.count)
            try fill(piece.address, size)
            if Int(code) == lockstep_hdf5_uint64 {
                try RawArray(path: path, element: .int64, extents: [size / 8], block: piece, offset: 0)
                    .requireSigned(advice: "write the data set with another type")
            }
            try sink(UnsafeRawBufferPointer(start: piece.address, count: size))
            rest -= size
        }
        try finish()
    }

    /// The type of numbers; nil for texts.
    private static func element(_ code: Int32) -> RawArray.Element? {
        switch Int(code) {
        case lockstep_hdf5_uint8: .uint8
        case lockstep_hdf5_int8: .int8
        case lockstep_hdf5_int16: .int16
        case lockstep_hdf5_int32: .int32
        case lockstep_hdf5_int64, lockstep_hdf5_uint64: .int64
        case lockstep_hdf5_float32: .float32
        case lockstep_hdf5_float64: .float64
        default: nil
        }
    }

    private func texts(_ extents: [Int]) throws(DatasetError) -> TextArray {
        var array = TextArray(path: path, extents: extents)
        let count = RawArray.elementCount(extents, byteCount: 16)
        try MemoryNeed.require(
            count.map { $0 * 16 }, path, "a data set of \(extents) texts", advice: "give labels alone")
        while array.numbers.count < count ?? 0 {
            var size: UInt64 = 0
            try fill(&size, 8)
            guard size <= Self.largestBlock else { throw damaged("a text is too long") }
            let block = MemoryBlock(count: Int(size))
            try fill(block.address, block.count)
            var place = 0
            while place + 4 <= block.count {
                let length = Int(
                    UnsafeRawPointer(block.address).loadUnaligned(fromByteOffset: place, as: UInt32.self))
                guard length <= block.count - place - 4 else { throw damaged("a text is not complete") }
                let bytes = UnsafeBufferPointer(rebasing: block.bytes[place + 4..<place + 4 + length])
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw DatasetError(
                        .format, path, .sample(array.numbers.count), "the bytes are not text in UTF-8",
                        advice: "write the texts in UTF-8")
                }
                try array.append(text)
                place += 4 + length
            }
        }
        try finish()
        return array
    }

    /// Reads an exact number of bytes.
    private func fill(_ target: UnsafeMutableRawPointer, _ count: Int) throws(DatasetError) {
        switch lockstep_hdf5_read(descriptor, target, count, Self.patience) {
        case count: return
        case -1: throw damaged("libhdf5 sent nothing for \(Self.patience) seconds")
        case -2:
            throw damaged("the connection to the reading process failed: \(String(cString: strerror(errno)))")
        default:
            isEnded = true
            let signal = lockstep_hdf5_end(descriptor, process)
            throw damaged(signal == 0 ? "its numbers cannot be read" : "libhdf5 ended with signal \(signal)")
        }
    }

    /// Reads the byte after the last element.
    private func finish() throws(DatasetError) {
        var mark: UInt8 = 0
        try fill(&mark, 1)
        isEnded = true
        _ = lockstep_hdf5_end(descriptor, process)
    }

    private func damaged(_ problem: String) -> DatasetError {
        DatasetError(
            .corrupt, path, problem,
            advice: "fetch the file again, and check it with h5dump; a chunk must fit into 2 GiB")
    }

    private func refusal(_ header: UnsafeMutablePointer<lockstep_hdf5_header>) -> DatasetError {
        let problem = String(cString: lockstep_hdf5_problem(header))
        let sets = String(cString: lockstep_hdf5_sets(header))
        return switch Int(header.pointee.status) {
        case lockstep_hdf5_missing: DatasetError(.missing, path, problem, advice: "the file has \(sets)")
        case lockstep_hdf5_ambiguous:
            DatasetError(
                .format, path, problem,
                advice:
                    "name one after a colon, as in \(path):/\(String(cString: lockstep_hdf5_name(header)))"
                    + "; the file has \(sets)")
        case lockstep_hdf5_unsupported:
            DatasetError(.format, path, problem, advice: "write it as a data set of numbers or texts")
        default:
            DatasetError(
                .corrupt, path, "libhdf5 cannot read it (\(problem))",
                advice: "fetch the file again; check it with h5dump")
        }
    }
}
