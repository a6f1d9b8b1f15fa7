internal import CKernels
import Glibc
import LockstepContracts

/// A dense row-major array of numbers: a view of a storage.
///
/// Copying a tensor copies the view, not the numbers. Images have shape [N, H, W, C]. Tensors are not
/// `Sendable`: threads exchange data through named types.
public struct Tensor {
    /// The viewed memory.
    public let storage: Storage
    /// The offset of the first element in the storage, in bytes.
    public let byteOffset: Int
    /// The extents, outermost first.
    public let shape: Shape
    /// The type of the elements.
    public let dtype: DType

    /// A view of a storage. Traps when the storage is too small.
    public init(storage: Storage, byteOffset: Int, shape: Shape, dtype: DType) {
        contract(
            byteOffset >= 0 && byteOffset + shape.elementCount * dtype.byteCount <= storage.byteCount,
            "Tensor: a storage of \(storage.byteCount) bytes is too small for \(shape) at byte \(byteOffset)")
        self.storage = storage
        self.byteOffset = byteOffset
        self.shape = shape
        self.dtype = dtype
    }

    /// A new tensor filled with zeros; allocates.
    public init(zeros shape: Shape, dtype: DType = .float32) {
        let storage = Storage(byteCount: shape.elementCount * dtype.byteCount)
        self.init(storage: storage, byteOffset: 0, shape: shape, dtype: dtype)
        fillWithZeros()
    }

    /// A new tensor with the given numbers in row-major order; allocates.
    public init(_ values: [Float], shape: Shape) {
        contract(
            values.count == shape.elementCount, "Tensor: \(values.count) values for shape \(shape)")
        self.init(zeros: shape)
        for (index, value) in values.enumerated() { floats[index] = value }
    }

    /// A new tensor with the given integers in row-major order; allocates.
    public init(_ values: [Int32], shape: Shape) {
        contract(
            values.count == shape.elementCount, "Tensor: \(values.count) values for shape \(shape)")
        self.init(zeros: shape, dtype: .int32)
        for (index, value) in values.enumerated() { int32s[index] = value }
    }

    /// The number of elements.
    public var elementCount: Int { shape.elementCount }

    /// The size of the elements in bytes.
    public var byteCount: Int { shape.elementCount * dtype.byteCount }

    /// The first byte.
    public var address: UnsafeMutableRawPointer { storage.address + byteOffset }

    /// The elements of a float32 tensor.
    public var floats: UnsafeMutablePointer<Float> {
        contract(dtype == .float32, "Tensor: \(dtype) elements read as float32")
        return address.assumingMemoryBound(to: Float.self)
    }

    /// The elements of an int32 tensor.
    public var int32s: UnsafeMutablePointer<Int32> {
        contract(dtype == .int32, "Tensor: \(dtype) elements read as int32")
        return address.assumingMemoryBound(to: Int32.self)
    }

    /// The elements of a uint8 tensor.
    public var bytes: UnsafeMutablePointer<UInt8> {
        contract(dtype == .uint8, "Tensor: \(dtype) elements read as uint8")
        return address.assumingMemoryBound(to: UInt8.self)
    }

    /// The bit patterns of a bfloat16 tensor.
    public var bfloat16s: UnsafeMutablePointer<UInt16> {
        contract(dtype == .bfloat16, "Tensor: \(dtype) elements read as bfloat16")
        return address.assumingMemoryBound(to: UInt16.self)
    }

    /// The same elements in the same order, with another shape of equal size.
    public func reshaped(to newShape: Shape) -> Tensor {
        contract(
            newShape.elementCount == elementCount, "Tensor: reshape of \(shape) to \(newShape)")
        return Tensor(storage: storage, byteOffset: byteOffset, shape: newShape, dtype: dtype)
    }

    /// A view of consecutive entries of the first dimension.
    public func rows(_ range: Range<Int>) -> Tensor {
        contract(
            range.lowerBound >= 0 && range.upperBound <= shape[0], "Tensor: rows \(range) of \(shape)")
        let rowBytes = shape.elementCount(of: 1..<shape.rank) * dtype.byteCount
        return Tensor(
            storage: storage, byteOffset: byteOffset + range.lowerBound * rowBytes,
            shape: shape.replacingFirst(with: range.count), dtype: dtype)
    }

    /// Sets every element to zero.
    public func fillWithZeros() {
        if byteCount > 0 { memset(address, 0, byteCount) }
    }

    /// Copies the elements of a tensor of equal size and type.
    public func copy(from source: Tensor) {
        contract(
            source.byteCount == byteCount && source.dtype == dtype,
            "Tensor: copy of \(source.shape) \(source.dtype) to \(shape) \(dtype)")
        if byteCount > 0 { memcpy(address, source.address, byteCount) }
    }

    /// Copies the numbers of a tensor of equal size; converts between float32 and bfloat16.
    public func convert(from source: Tensor) {
        contract(source.elementCount == elementCount, "Tensor: \(source.shape) converted to \(shape)")
        switch (source.dtype, dtype) {
        case (.float32, .bfloat16): lockstep_bfloat16_round(bfloat16s, source.floats, elementCount)
        case (.bfloat16, .float32): lockstep_bfloat16_widen(floats, source.bfloat16s, elementCount)
        default: copy(from: source)
        }
    }

    /// The elements of a float32 tensor as an array; allocates.
    public var floatArray: [Float] { Array(UnsafeBufferPointer(start: floats, count: elementCount)) }
}
