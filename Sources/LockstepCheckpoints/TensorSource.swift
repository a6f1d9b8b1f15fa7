import LockstepContracts

/// A tensor in memory to be written: dense, row-major, little-endian.
public struct TensorSource {
    /// The name, as PyTorch has it.
    public let name: String
    /// The type of the elements.
    public let type: SafetensorsType
    /// The extents; empty for a scalar.
    public let shape: [Int]
    /// The elements; valid as long as the owner keeps them.
    public let bytes: UnsafeRawBufferPointer

    /// A tensor. Traps when the memory does not fit the shape.
    public init(name: String, type: SafetensorsType, shape: [Int], bytes: UnsafeRawBufferPointer) {
        let expected = shape.reduce(type.byteCount, *)
        contract(
            bytes.count == expected, "TensorSource \(name): \(bytes.count) bytes for \(shape) \(type)")
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// A tensor of floats.
    public init(name: String, shape: [Int], floats: UnsafePointer<Float>) {
        let count = shape.reduce(1, *)
        self.init(
            name: name, type: .float32, shape: shape,
            bytes: UnsafeRawBufferPointer(start: floats, count: count * 4))
    }
}

/// Memory for a tensor to be read.
public struct TensorDestination {
    /// The name, as PyTorch has it.
    public let name: String
    /// The type of the elements.
    public let type: SafetensorsType
    /// The extents; empty for a scalar.
    public let shape: [Int]
    /// The memory.
    public let bytes: UnsafeMutableRawBufferPointer

    /// A place. Traps when the memory does not fit the shape.
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
