import LockstepTensors

/// A type of numbers that is read as the next larger type: unsigned integers, and half-precision floats.
enum WidenedElement: String {
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case float16 = "f2"

    /// A type of the same size, with which the bytes are read.
    var stored: RawArray.Element {
        switch self {
        case .uint16, .float16: .int16
        case .uint32: .int32
        case .uint64: .int64
        }
    }

    /// The type that holds all its numbers; unsigned 64-bit numbers beyond the range of signed ones are refused.
    private var wide: RawArray.Element {
        switch self {
        case .uint16: .int32
        case .uint32, .uint64: .int64
        case .float16: .float32
        }
    }

    /// Converts an array with the type `stored`.
    /// - Throws: `DatasetError` for a number that is too large, and if there is not enough memory.
    func widened(_ array: RawArray) throws(DatasetError) -> RawArray {
        guard self != .uint64 else {
            try array.requireSigned(advice: "convert the array with .astype to float64 or int64")
            return array
        }
        let (count, size) = (array.elementCount, wide.byteCount)
        try MemoryNeed.require(
            MemoryNeed.product(count, size), array.path, "an array of \(array.extents) numbers",
            advice: "use a machine with more memory, or a part of the data")
        let block = MemoryBlock(count: count * size)
        let source = UnsafeRawPointer(array.address)
        for index in 0..<count {
            switch self {
            case .uint16:
                let number = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
                block.address.storeBytes(of: Int32(number), toByteOffset: index * size, as: Int32.self)
            case .uint32:
                let number = source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                block.address.storeBytes(of: Int64(number), toByteOffset: index * size, as: Int64.self)
            case .float16:
                let bits = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
                block.address.storeBytes(
                    of: Float(Float16(bitPattern: bits)), toByteOffset: index * size, as: Float.self)
            case .uint64: break
            }
        }
        return RawArray(
            path: array.path, element: wide, extents: array.extents, block: block, offset: 0)
    }
}

extension RawArray {
    /// Requires that unsigned integers fit into signed ones of the same size.
    func requireSigned(advice: String) throws(DatasetError) {
        let raw = UnsafeRawPointer(address)
        func number(_ index: Int) -> Int64 { raw.loadUnaligned(fromByteOffset: index * 8, as: Int64.self) }
        if let bad = (0..<elementCount).first(where: { number($0) < 0 }) {
            throw DatasetError(
                .value, path, .sample(bad / max(1, elementCount / max(1, count))),
                "\(UInt64(bitPattern: number(bad))) is beyond the range of signed 64-bit integers",
                advice: advice)
        }
    }
}
