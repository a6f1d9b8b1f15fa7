import Glibc
import LockstepTensors

/// Numbers of the type in the file, in this machine's byte order, row-major.
package struct RawArray {
    /// The type of the numbers.
    package enum Element: String, Codable, Sendable {
        case uint8, int8, int16, int32, int64, float32, float64

        /// The size of a number in bytes.
        package var byteCount: Int {
            switch self {
            case .uint8, .int8: 1
            case .int16: 2
            case .int32, .float32: 4
            case .int64, .float64: 8
            }
        }

        /// Whether the type is an integer type.
        package var isInteger: Bool { self != .float32 && self != .float64 }
    }

    /// The path of the file.
    package let path: String
    /// The type of the numbers.
    package let element: Element
    /// The extents, outermost first.
    package let extents: [Int]
    /// The file's contents.
    package let block: MemoryBlock
    /// The position of the first number in the block, in bytes.
    package let offset: Int

    /// The extent of the first dimension.
    package var count: Int { extents.first ?? 0 }

    /// The number of numbers.
    package var elementCount: Int { extents.reduce(1, *) }

    /// The first number.
    package var address: UnsafeMutableRawPointer { block.address + offset }

    /// A number as a double, by its index in row-major order. Time-critical loops do not call this function, since it has a `switch`.
    package func value(_ index: Int) -> Double { Self.value(address, element, index) }

    /// A number in memory as a double.
    package static func value(_ raw: UnsafeRawPointer, _ element: Element, _ index: Int) -> Double {
        switch element {
        case .uint8: Double(raw.load(fromByteOffset: index, as: UInt8.self))
        case .int8: Double(raw.load(fromByteOffset: index, as: Int8.self))
        case .int16: Double(raw.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))
        case .int32: Double(raw.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
        case .int64: Double(raw.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
        case .float32: Double(raw.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
        case .float64: raw.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
        }
    }

    /// A number minus an origin; exact even for 64-bit integers that a double would round.
    package func difference(_ index: Int, from origin: Double) -> Double {
        Self.difference(address, element, index, from: origin)
    }

    /// A number in memory minus an origin.
    package static func difference(
        _ raw: UnsafeRawPointer, _ element: Element, _ index: Int, from origin: Double
    ) -> Double {
        guard element == .int64, let whole = Int64(exactly: origin) else {
            return value(raw, element, index) - origin
        }
        let number = raw.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
        let difference = number.subtractingReportingOverflow(whole)
        return difference.overflow ? Double(number) - origin : Double(difference.partialValue)
    }

    /// Converts samples [N, C, H, W] to [N, H, W, C].
    package func channelsLast() -> RawArray {
        let (channels, pixels) = (extents[1], extents[2] * extents[3])
        let size = element.byteCount
        let moved = MemoryBlock(count: elementCount * size)
        for sample in 0..<count {
            let source = address + sample * channels * pixels * size
            let target = moved.address + sample * channels * pixels * size
            for channel in 0..<channels {
                for pixel in 0..<pixels {
                    memcpy(
                        target + (pixel * channels + channel) * size,
                        source + (channel * pixels + pixel) * size, size)
                }
            }
        }
        return RawArray(
            path: path, element: element, extents: [count, extents[2], extents[3], channels], block: moved,
            offset: 0)
    }

    /// Swaps the bytes of every number, from the other byte order to this machine's.
    package func swapBytes() {
        func swap<Word: FixedWidthInteger>(_: Word.Type) {
            let size = MemoryLayout<Word>.size
            for index in 0..<elementCount {
                let word = UnsafeRawPointer(address).loadUnaligned(
                    fromByteOffset: index * size, as: Word.self)
                address.storeBytes(of: word.byteSwapped, toByteOffset: index * size, as: Word.self)
            }
        }
        switch element.byteCount {
        case 2: swap(UInt16.self)
        case 4: swap(UInt32.self)
        case 8: swap(UInt64.self)
        default: return
        }
    }

    /// The number of numbers; nil if it overflows an `Int`.
    package static func elementCount(_ extents: [Int], byteCount: Int) -> Int? {
        var count = 1
        // Zeros last: a zero must not hide an overflow.
        for extent in extents where extent != 0 {
            let product = count.multipliedReportingOverflow(by: extent)
            if product.overflow || extent < 0 { return nil }
            count = product.partialValue
        }
        guard !count.multipliedReportingOverflow(by: byteCount).overflow else { return nil }
        return extents.contains(0) ? 0 : count
    }
}

extension RawArray {
    /// Reads the numbers that follow a file's header.
    /// - Parameters:
    ///   - name: the type of the numbers in messages; nil for the name of `element`.
    ///   - offset: where the header ends, in bytes.
    ///   - advice: what users should do about a file that is too short, and about one that is too long.
    /// - Throws: `DatasetError` if the size of the file does not match the extents.
    init(
        _ file: SourceFile, _ element: Element, name: String? = nil, extents: [Int], offset: Int,
        advice: (short: String, long: String)
    ) throws(DatasetError) {
        try Self.requireSize(
            file, "numbers of type \(name ?? "\(element)")", extents: extents, byteCount: element.byteCount,
            offset: offset,
            advice: advice)
        self.init(path: file.path, element: element, extents: extents, block: file.block, offset: offset)
    }

    /// Concatenates arrays of one type along their first dimension; each part is released after it is copied.
    /// - Parameter name: the name of the result in messages.
    init(joining parts: inout [RawArray], name: String) throws(DatasetError) {
        let (element, rest) = (parts[0].element, parts[0].extents.dropFirst())
        // The number of elements is limited by memory, but beside a zero an extent can be anything.
        let count = parts.reduce(Optional(0)) { sum, part in
            sum.flatMap { $0.addingReportingOverflow(part.count).overflow ? nil : $0 + part.count }
        }
        guard let count else {
            throw DatasetError(.empty, name, "there are no samples", advice: "give files with samples")
        }
        let extents = [count] + rest
        let size = MemoryNeed.product(parts.reduce(0) { $0 + $1.elementCount }, element.byteCount)
        try MemoryNeed.require(
            size, name, "to join its files", advice: "use a machine with more memory, or a part of the data")
        let block = MemoryBlock(count: size ?? 0)
        var filled = 0
        while !parts.isEmpty {
            let part = parts.removeFirst()
            let count = part.elementCount * element.byteCount
            memcpy(block.address + filled, part.address, count)
            filled += count
        }
        self.init(path: name, element: element, extents: extents, block: block, offset: 0)
    }

    /// Requires that exactly the bytes of some elements follow a header.
    /// - Parameters:
    ///   - elements: what the elements are, in messages.
    ///   - byteCount: the size of an element.
    static func requireSize(
        _ file: SourceFile, _ elements: String, extents: [Int], byteCount: Int, offset: Int,
        advice: (short: String, long: String)
    ) throws(DatasetError) {
        let available = file.bytes.count - offset
        let size = elementCount(extents, byteCount: byteCount).map { $0 * byteCount }
        guard let size, available >= size else {
            throw DatasetError(
                .truncated, file.path, .byte(file.bytes.count),
                "\(extents) \(elements) do not fit into the \(available) bytes after the header",
                advice: advice.short)
        }
        guard available == size else {
            throw DatasetError(
                .format, file.path, .byte(offset + size),
                "\(available - size) bytes follow the \(extents) \(elements)", advice: advice.long)
        }
    }
}
