import LockstepTensors

/// What a reader knows of a file's contents before it has all of them.
package struct ContentExpectation {
    /// The size in bytes of contents that begin with some bytes, as their header announces it; nil where there is no header that is whole.
    let byteCount: (UnsafeBufferPointer<UInt8>) -> Int?
    /// The bytes of memory that a byte takes until it is decoded, roughly.
    let memoryPerByte: Int
    /// The bytes of memory that there are; nil where nobody knows.
    let available: Int?

    /// - Parameters:
    ///   - memoryPerByte: the bytes of memory that a byte takes until it is decoded, roughly.
    ///   - available: the bytes of memory that there are; nil where nobody knows.
    ///   - byteCount: the size of contents that begin with some bytes, as their header announces it; nil where no header is whole.
    package init(
        memoryPerByte: Int, available: Int? = AvailableMemory.byteCount,
        byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int? = { _ in nil }
    ) {
        self.byteCount = byteCount
        self.memoryPerByte = memoryPerByte
        self.available = available
    }

    /// A text: its bytes are what is decoded.
    static var text: Self { ContentExpectation(memoryPerByte: 1) }
    /// A table: the text, its numbers in double, and the inputs.
    static var table: Self { ContentExpectation(memoryPerByte: 3) }

    /// Arrays: the file, and its numbers in 32 bits.
    static func array(_ byteCount: @escaping (UnsafeBufferPointer<UInt8>) -> Int?) -> Self {
        ContentExpectation(memoryPerByte: 2, byteCount: byteCount)
    }

    /// Checks that there is memory for contents of a size.
    func require(_ byteCount: Int, _ path: String) throws(DatasetError) {
        try MemoryNeed.require(
            MemoryNeed.product(byteCount, memoryPerByte), of: available, path,
            "to read its \(byteCount) bytes",
            advice: "check that it is the right file; use a machine with more memory, or a part of the data")
    }
}
