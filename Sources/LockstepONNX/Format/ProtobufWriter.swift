/// Writes messages in the wire format of Protocol Buffers: what ONNX files are made of.
///
/// Source: protobuf.dev, "Encoding".
struct ProtobufWriter {
    /// What has been written.
    private(set) var bytes: [UInt8] = []

    /// A whole number, as int64 or as an enumeration.
    mutating func integer(_ field: Int, _ value: Int) {
        tag(field, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// A 32-bit floating-point number.
    mutating func float(_ field: Int, _ value: Float) {
        tag(field, 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A text in UTF-8.
    mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

    /// Bytes.
    mutating func data(_ field: Int, _ value: [UInt8]) {
        tag(field, 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A message within this one.
    mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        data(field, inner.bytes)
    }

    private mutating func tag(_ field: Int, _ wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }

    /// Seven bits in a byte, lowest first; the highest bit says that another one follows.
    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
