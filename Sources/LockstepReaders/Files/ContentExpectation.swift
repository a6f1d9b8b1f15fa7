import LockstepTensors

/// What is known about a file's contents before they are read.
package struct ContentExpectation {
    /// The size in bytes that the header announces; nil if the header is not complete.
    package let byteCount: (UnsafeBufferPointer<UInt8>) -> Int?
    /// The approximate memory per byte until it is decoded, in bytes.
    package let memoryPerByte: Int
    /// The additional memory per field of a table, in bytes; 0 for other files.
    package let memoryPerField: Int
    /// The available memory in bytes; nil if unknown.
    package let available: Int?

    /// - Parameters:
    ///   - memoryPerByte: the approximate memory per byte until it is decoded, in bytes.
    ///   - memoryPerField: the additional memory per field of a table, in bytes; 0 for other files.
    ///   - available: the available memory in bytes; nil if unknown.
    ///   - byteCount: the size in bytes that the header in the first bytes announces; nil without a complete header.
    package init(
        memoryPerByte: Int, memoryPerField: Int = 0, available: Int? = AvailableMemory.byteCount,
        byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int? = { _ in nil }
    ) {
        self.byteCount = byteCount
        self.memoryPerByte = memoryPerByte
        self.memoryPerField = memoryPerField
        self.available = available
    }

    /// A text, which needs no memory besides its bytes.
    package static var text: Self { ContentExpectation(memoryPerByte: 1) }
    /// A table: the text, the growing list of its numbers in double precision, and the inputs.
    package static var table: Self { ContentExpectation(memoryPerByte: 1, memoryPerField: 24) }

    /// The same for JSON lines, which are first converted to CSV.
    package static var jsonLines: Self { ContentExpectation(memoryPerByte: 2, memoryPerField: 24) }

    /// Arrays: the file, and its numbers as 32-bit floats.
    package static func array(_ byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int?) -> Self {
        ContentExpectation(memoryPerByte: 2, byteCount: byteCount)
    }

    /// Whether the first bytes already show that the contents are invalid.
    package func isHopeless(_ beginning: UnsafeBufferPointer<UInt8>) -> Bool {
        memoryPerField > 0 && beginning.contains(0)
    }

    /// Requires that contents of a given size fit into memory.
    /// - Parameter beginning: the first bytes, to estimate the length of fields; nil if unknown.
    package func require(
        _ byteCount: Int, _ path: String, beginning: UnsafeBufferPointer<UInt8>? = nil
    ) throws(DatasetError) {
        var perByte = Double(memoryPerByte)
        if memoryPerField > 0, let beginning, !beginning.isEmpty {
            let ends = beginning.count { [0x0A, 0x09, 0x2C, 0x3B, 0x7C].contains($0) }
            perByte += Double(memoryPerField) * Double(ends) / Double(beginning.count)
        }
        let need = Double(byteCount) * perByte
        try MemoryNeed.require(
            need < 0x1p62 ? Int(need) : nil, of: available, path,
            "to read its \(byteCount) bytes",
            advice: "check that it is the right file; use a machine with more memory, or a part of the data")
    }
}
