extension SafetensorsType {
    /// Whether elements are floating-point numbers, which `SafetensorsFile.readFloats` converts.
    public var isFloat: Bool { [.float64, .float32, .float16, .bfloat16].contains(self) }
}

extension SafetensorsFile {
    /// Reads a tensor of floating-point numbers as 32-bit floats: F16 and BF16 exactly, F64 rounded to nearest.
    ///
    /// - Parameter floats: memory for all elements of the entry, in its order.
    /// - Throws: `CheckpointError.mismatch` for a tensor of integers; `.system`, `.damaged` if the file cannot be read.
    public func readFloats(
        _ entry: SafetensorsHeader.Entry, into floats: UnsafeMutableBufferPointer<Float>
    ) throws(CheckpointError) {
        guard entry.type.isFloat else {
            throw .mismatch(
                path: path, tensor: entry.name,
                reason: "has the type \(entry.type.rawValue), which is not a floating-point type")
        }
        guard entry.type != .float32 else {
            return try SystemCalls.readAll(
                descriptor, into: UnsafeMutableRawBufferPointer(floats),
                at: dataStart + entry.range.lowerBound, path: path)
        }
        // In pieces, so that a large tensor is not in memory twice.
        let piece = 1 << 18
        let size = entry.type.byteCount
        var bytes = [UInt8](repeating: 0, count: min(piece, floats.count) * size)
        for start in stride(from: 0, to: floats.count, by: piece) {
            let count = min(piece, floats.count - start)
            try bytes.withMutableBytes { (raw) throws(CheckpointError) in
                try SystemCalls.readAll(
                    descriptor, into: UnsafeMutableRawBufferPointer(rebasing: raw[0..<count * size]),
                    at: dataStart + entry.range.lowerBound + start * size, path: path)
            }
            for index in 0..<count {
                floats[start + index] = Self.float(entry.type, bytes, index * size)
            }
        }
    }

    /// The little-endian number that starts at a byte.
    private static func float(_ type: SafetensorsType, _ bytes: [UInt8], _ place: Int) -> Float {
        switch type {
        case .float16:
            Float(Float16(bitPattern: UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8))
        case .bfloat16:
            Float(bitPattern: UInt32(bytes[place]) << 16 | UInt32(bytes[place + 1]) << 24)
        default:
            Float(
                Double(
                    bitPattern: (0..<8).reduce(UInt64(0)) {
                        $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1))
                    }))
        }
    }

    /// Reads a tensor of 64-bit integers.
    ///
    /// - Throws: `CheckpointError.mismatch` for another type.
    public func readIntegers(
        _ entry: SafetensorsHeader.Entry, into integers: UnsafeMutableBufferPointer<Int64>
    ) throws(CheckpointError) {
        guard entry.type == .int64 else {
            throw .mismatch(
                path: path, tensor: entry.name,
                reason: "has the type \(entry.type.rawValue), but I64 is needed")
        }
        try SystemCalls.readAll(
            descriptor, into: UnsafeMutableRawBufferPointer(integers),
            at: dataStart + entry.range.lowerBound, path: path)
    }
}
