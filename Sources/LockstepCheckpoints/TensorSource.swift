import LockstepContracts

/// A tensor in memory to be written: dense, row-major, little-endian.
public struct TensorSource {
    /// The name, as in PyTorch.
    public let name: String
    /// The type of the elements.
    public let type: SafetensorsType
    /// The extents; empty for a scalar.
    public let shape: [Int]
    /// The elements; valid as long as the owner keeps them.
    public let bytes: UnsafeRawBufferPointer

    /// Makes a tensor. Traps if the memory does not fit the shape.
    public init(name: String, type: SafetensorsType, shape: [Int], bytes: UnsafeRawBufferPointer) {
        let expected = shape.reduce(type.byteCount, *)
        contract(
            bytes.count == expected, "TensorSource \(name): \(bytes.count) bytes for \(shape) \(type)")
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// Makes a tensor of floats.
    public init(name: String, shape: [Int], floats: UnsafePointer<Float>) {
        let count = shape.reduce(1, *)
        self.init(
            name: name, type: .float32, shape: shape,
            bytes: UnsafeRawBufferPointer(start: floats, count: count * 4))
    }
}

/// Memory into which a tensor is read.
public struct TensorDestination {
    /// The name, as in PyTorch.
    public let name: String
    /// The type of the elements.
    public let type: SafetensorsType
    /// The extents; empty for a scalar.
    public let shape: [Int]
    /// The memory.
    public let bytes: UnsafeMutableRawBufferPointer

    /// Makes a destination. Traps if the memory does not fit the shape.
    public init(name: String, type: SafetensorsType, shape: [Int], bytes: UnsafeMutableRawBufferPointer) {
        let expected = shape.reduce(type.byteCount, *)
        contract(
            bytes.count == expected, "TensorDestination \(name): \(bytes.count) bytes for \(shape) \(type)")
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// The same memory as a source for writing.
    public var source: TensorSource {
        TensorSource(name: name, type: type, shape: shape, bytes: UnsafeRawBufferPointer(bytes))
    }
}
