import LockstepTensors

/// What a reader knows of a file's contents before it has all of them.
package struct ContentExpectation {
    /// The size in bytes of contents that begin with some bytes, as their header announces it; nil where there is no header that is whole.
    let byteCount: (UnsafeBufferPointer<UInt8>) -> Int?
    /// The bytes of memory that a byte takes until it is decoded, roughly.
    let memoryPerByte: Int
    /// The bytes of memory that a field of a table takes besides; 0 for what is no table.
    let memoryPerField: Int
    /// The bytes of memory that there are; nil where nobody knows.
    let available: Int?

    /// - Parameters:
    ///   - memoryPerByte: the bytes of memory that a byte takes until it is decoded, roughly.
    ///   - memoryPerField: the bytes of memory that a field of a table takes besides; 0 for what is no table.
    ///   - available: the bytes of memory that there are; nil where nobody knows.
    ///   - byteCount: the size of contents that begin with some bytes, as their header announces it; nil where no header is whole.
    package init(
        memoryPerByte: Int, memoryPerField: Int = 0, available: Int? = AvailableMemory.byteCount,
        byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int? = { _ in nil }
    ) {
        self.byteCount = byteCount
        self.memoryPerByte = memoryPerByte
        self.memoryPerField = memoryPerField
        self.available = available
    }

    /// A text: its bytes are what is decoded.
    static var text: Self { ContentExpectation(memoryPerByte: 1) }
    /// A table: the text; its numbers in double, while the list of them grows, and the inputs.
    static var table: Self { ContentExpectation(memoryPerByte: 1, memoryPerField: 24) }

    /// Arrays: the file, and its numbers in 32 bits.
    static func array(_ byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int?) -> Self {
        ContentExpectation(memoryPerByte: 2, byteCount: byteCount)
    }

    /// Whether contents that begin with some bytes cannot be what is expected, so that no more of them is needed to say so.
    func isHopeless(_ beginning: UnsafeBufferPointer<UInt8>) -> Bool {
        memoryPerField > 0 && beginning.contains(0)
    }

    /// Checks that there is memory for contents of a size.
    /// - Parameter beginning: their first bytes, of which the length of fields is told; nil where they are not known.
    func require(
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
