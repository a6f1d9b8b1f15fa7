import Glibc

/// Decodes stored numbers row by row: this machine's byte order, channels last, 32 bits.
///
/// The bits are the same as those of arrays that are decoded as a whole.
package struct RowDecoder: Sendable {
    private let element: RawArray.Element
    private let isSwapped: Bool
    private let width: Int
    private let leadingChannels: Int
    private let isBytes: Bool
    private let narrowing: NumberNarrowing?

    /// - Parameters:
    ///   - isBytes: whether decoded numbers are bytes; otherwise they are float32.
    ///   - narrowing: the conversion to 32 bits; nil for plain rounding.
    package init(
        _ file: StreamedRows.File, width: Int, leadingChannels: Int, isBytes: Bool,
        narrowing: NumberNarrowing?
    ) {
        (element, isSwapped) = (file.element, file.isSwapped)
        (self.width, self.leadingChannels, self.isBytes) = (width, leadingChannels, isBytes)
        self.narrowing = isBytes ? nil : narrowing
    }

    /// Whether stored rows need no decoding.
    package var isIdentity: Bool {
        !isSwapped && leadingChannels == 0 && narrowing == nil
            && (isBytes ? element == .uint8 : element == .float32)
    }

    /// Whether stored numbers are float32 in the order of the decoded ones.
    package var isPlainFloat32: Bool { element == .float32 && leadingChannels == 0 }

    /// Whether stored numbers are float64.
    package var isFloat64: Bool { element == .float64 }

    /// Converts stored rows to this machine's byte order, in place.
    package func swap(_ raw: UnsafeMutableRawPointer, rows: Int) {
        guard isSwapped else { return }
        func swap<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type) {
            for index in 0..<rows * width {
                let place = index * MemoryLayout<Word>.size
                let word = UnsafeRawPointer(raw).loadUnaligned(fromByteOffset: place, as: Word.self)
                raw.storeBytes(of: word.byteSwapped, toByteOffset: place, as: Word.self)
            }
        }
        switch element.byteCount {
        case 2: swap(UInt16.self)
        case 4: swap(UInt32.self)
        case 8: swap(UInt64.self)
        default: return
        }
    }

    /// Writes decoded rows.
    /// - Parameter raw: stored rows in this machine's byte order.
    package func decode(_ raw: UnsafeRawPointer, rows: Int, to target: UnsafeMutableRawPointer) {
        if isBytes {
            let bytes = target.assumingMemoryBound(to: UInt8.self)
            let source = raw.assumingMemoryBound(to: UInt8.self)
            forEach(rows: rows) { bytes[$0] = source[$1] }
            return
        }
        let floats = target.assumingMemoryBound(to: Float.self)
        if let narrowing {
            let columns = narrowing.offsets.count
            forEach(rows: rows) { index, place in
                floats[index] = narrowing.narrow(index % columns) { difference(raw, place, from: $0) }
            }
            return
        }
        func convert<Number: BitwiseCopyable>(_: Number.Type, _ float: (Number) -> Float) {
            forEach(rows: rows) { index, place in
                floats[index] = float(
                    raw.loadUnaligned(
                        fromByteOffset: place * MemoryLayout<Number>.size, as: Number.self))
            }
        }
        switch element {
        case .uint8: convert(UInt8.self) { Float(Double($0)) }
        case .int8: convert(Int8.self) { Float(Double($0)) }
        case .int16: convert(Int16.self) { Float(Double($0)) }
        case .int32: convert(Int32.self) { Float(Double($0)) }
        case .int64: convert(Int64.self) { Float(Double($0)) }
        case .float32: convert(Float.self) { $0 }
        case .float64: convert(Double.self) { Float($0) }
        }
    }

    /// Calls a closure with the index of each decoded number and the index of its stored number.
    @inline(__always)
    private func forEach(rows: Int, _ body: (_ decoded: Int, _ stored: Int) -> Void) {
        guard leadingChannels > 0 else {
            for index in 0..<rows * width { body(index, index) }
            return
        }
        let pixels = width / leadingChannels
        for row in 0..<rows {
            for pixel in 0..<pixels {
                for channel in 0..<leadingChannels {
                    body(
                        row * width + pixel * leadingChannels + channel,
                        row * width + channel * pixels + pixel)
                }
            }
        }
    }

    /// The index of the stored number for a decoded one.
    package func stored(_ index: Int) -> Int {
        guard leadingChannels > 0 else { return index }
        let (row, element) = (index / width, index % width)
        let pixels = width / leadingChannels
        return row * width + element % leadingChannels * pixels + element / leadingChannels
    }

    /// A stored number minus an origin; exact even for 64-bit integers that a double would round.
    package func difference(_ raw: UnsafeRawPointer, _ index: Int, from origin: Double) -> Double {
        RawArray.difference(raw, element, index, from: origin)
    }
}
