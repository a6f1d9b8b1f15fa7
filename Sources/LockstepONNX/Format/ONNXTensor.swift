/// A constant of an ONNX file: dense, row-major, little-endian.
public struct ONNXTensor: Sendable, Equatable {
    /// The types of elements, by their numbers in the format.
    public enum Element: Int, Sendable {
        /// 32-bit floating point.
        case float32 = 1
        /// Signed, 64 bits.
        case int64 = 7
        /// True or false, one byte each.
        case bool = 9
        /// 64-bit floating point.
        case float64 = 11
    }

    /// The name.
    public var name: String
    /// The type of the elements.
    public var type: Element
    /// The extents; empty for a scalar.
    public var shape: [Int]
    /// The elements.
    public var bytes: [UInt8]

    /// A tensor of 32-bit floating-point numbers.
    public init(_ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
        self.init(name: name, type: .float32, shape: shape, bytes: Array(UnsafeRawBufferPointer(floats)))
    }

    /// A tensor of 32-bit floating-point numbers.
    public init(_ name: String, shape: [Int], floats: [Float]) {
        self = floats.withUnsafeBufferPointer { Self(name, shape: shape, floats: $0) }
    }

    /// A tensor of 64-bit floating-point numbers.
    public init(_ name: String, shape: [Int], doubles: [Double]) {
        self.init(name: name, type: .float64, shape: shape, bytes: doubles.withUnsafeBytes { Array($0) })
    }

    /// A tensor of 64-bit integers.
    public init(_ name: String, shape: [Int], integers: [Int]) {
        self.init(name: name, type: .int64, shape: shape, bytes: integers.withUnsafeBytes { Array($0) })
    }

    private init(name: String, type: Element, shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    func encode(into writer: inout ProtobufWriter) {
        for extent in shape { writer.integer(1, extent) }
        writer.integer(2, type.rawValue)
        writer.text(8, name)
        writer.data(9, bytes)
    }
}
