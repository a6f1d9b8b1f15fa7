import LockstepTensors

/// What is known about a file's contents before all of them are read.
package struct ContentExpectation {
    /// The size in bytes that the header in the first bytes announces; nil without a complete header.
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

    /// A text, which is decoded as it is.
    package static var text: Self { ContentExpectation(memoryPerByte: 1) }
    /// A table: the text, its numbers in double precision while their list grows, and the inputs.
    package static var table: Self { ContentExpectation(memoryPerByte: 1, memoryPerField: 24) }

    /// The same of JSON lines, which are made a table in CSV before.
    package static var jsonLines: Self { ContentExpectation(memoryPerByte: 2, memoryPerField: 24) }

    /// Arrays: the file, and its numbers in 32 bits.
    package static func array(_ byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int?) -> Self {
        ContentExpectation(memoryPerByte: 2, byteCount: byteCount)
    }

    /// Whether the first bytes show that the contents cannot be valid, so that no more need to be read.
    package func isHopeless(_ beginning: UnsafeBufferPointer<UInt8>) -> Bool {
        memoryPerField > 0 && beginning.contains(0)
    }

    /// Requires memory for contents of a given size.
    /// - Parameter beginning: the first bytes, for an estimate of the length of fields; nil if unknown.
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
