/// Texts of a fixed size, padded with zeros at their end, as in NumPy's arrays.
struct FixedText {
    /// The encoding of a text.
    enum Unit {
        /// A byte of UTF-8.
        case byte
        /// A character in 32 bits.
        case utf32(isSwapped: Bool)
    }

    /// The number of units of a text.
    let width: Int
    let unit: Unit

    /// The size of a text in bytes.
    var byteCount: Int { if case .byte = unit { width } else { width * 4 } }

    /// Reads the texts that follow a file's header.
    /// - Throws: `DatasetError` if the size of the file does not match the extents, or if a text has an invalid encoding.
    func texts(
        _ file: SourceFile, extents: [Int], offset: Int, advice: (short: String, long: String)
    ) throws(DatasetError) -> TextArray {
        try RawArray.requireSize(
            file, "text of \(byteCount) bytes", extents: extents, byteCount: byteCount, offset: offset,
            advice: advice)
        var array = TextArray(path: file.path, extents: extents)
        for index in 0..<extents.reduce(1, *) {
            let start = offset + index * byteCount
            guard let text = text(UnsafeBufferPointer(rebasing: file.bytes[start..<start + byteCount])) else {
                throw DatasetError(
                    .format, file.path, .sample(index),
                    "the bytes are not text in \(isBytes ? "UTF-8" : "UTF-32")",
                    advice: "write the texts again with numpy")
            }
            try array.append(text)
        }
        return array
    }

    private var isBytes: Bool { if case .byte = unit { true } else { false } }

    /// A text without the zeros at its end; nil for an invalid encoding.
    private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        switch unit {
        case .byte:
            let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
            return String(validating: bytes[..<end], as: UTF8.self)
        case .utf32(let isSwapped):
            let raw = UnsafeRawBufferPointer(bytes)
            var scalars = String.UnicodeScalarView()
            var zeros = 0
            for index in 0..<width {
                let word = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                guard let scalar = Unicode.Scalar(isSwapped ? word.byteSwapped : word) else { return nil }
                if scalar.value == 0 {
                    zeros += 1
                    continue
                }
                for _ in 0..<zeros { scalars.append("\0") }
                zeros = 0
                scalars.append(scalar)
            }
            return String(scalars)
        }
    }
}
