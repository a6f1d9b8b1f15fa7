/// The bytes of a protobuf message, written field by field.
///
/// Source: Protocol Buffers, Encoding: protobuf.dev/programming-guides/encoding.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func key(_ field: Int, _ type: Int) { varint(UInt64(field << 3 | type)) }

    /// An integer or enumeration.
    mutating func integer(_ field: Int, _ value: Int) {
        key(field, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func double(_ field: Int, _ value: Double) {
        key(field, 1)
        bytes += ProtobufMessage.littleEndian(value.bitPattern)
    }

    mutating func float(_ field: Int, _ value: Float) {
        key(field, 5)
        bytes += ProtobufMessage.littleEndian(value.bitPattern)
    }

    /// A list of numbers.
    mutating func doubles(_ field: Int, _ values: [Double]) {
        data(field, values.flatMap { ProtobufMessage.littleEndian($0.bitPattern) })
    }

    mutating func data(_ field: Int, _ value: [UInt8]) {
        key(field, 2)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

    /// A message within this one.
    mutating func message(_ field: Int, _ build: (inout ProtobufMessage) -> Void) {
        var inner = ProtobufMessage()
        build(&inner)
        data(field, inner.bytes)
    }

    static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}

/// The fields of a protobuf message; nil for bytes that are none.
struct ProtobufFields {
    /// A field with its number: an integer, or the bytes of a text or message. Other types are passed over.
    enum Value {
        case integer(UInt64)
        case data(ArraySlice<UInt8>)
    }

    let fields: [(number: Int, value: Value)]

    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        func varint() -> UInt64? {
            var number: UInt64 = 0
            for shift in stride(from: 0, to: 64, by: 7) {
                guard let byte = rest.popFirst() else { return nil }
                number |= UInt64(byte & 0x7F) << UInt64(shift)
                if byte < 0x80 { return number }
            }
            return nil
        }
        var fields: [(number: Int, value: Value)] = []
        while !rest.isEmpty {
            guard let key = varint(), let number = Int(exactly: key >> 3) else { return nil }
            switch key & 7 {
            case 0:
                guard let value = varint() else { return nil }
                fields.append((number, .integer(value)))
            case 1, 5:
                let count = key & 7 == 1 ? 8 : 4
                guard rest.count >= count else { return nil }
                rest = rest.dropFirst(count)
            case 2:
                guard let count = varint().flatMap({ Int(exactly: $0) }), rest.count >= count else {
                    return nil
                }
                fields.append((number, .data(rest.prefix(count))))
                rest = rest.dropFirst(count)
            default: return nil
            }
        }
        self.fields = fields
    }

    func integer(_ number: Int) -> Int? {
        for case (number, .integer(let value)) in fields { return Int(truncatingIfNeeded: value) }
        return nil
    }

    func data(_ number: Int) -> ArraySlice<UInt8>? {
        for case (number, .data(let value)) in fields { return value }
        return nil
    }
}
