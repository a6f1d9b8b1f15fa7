/// The type of a tensor's elements.
public enum DType: UInt8, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit IEEE floating point: activations, parameters, gradients.
    case float32
    /// 32-bit signed integers: class indices, token ids.
    case int32
    /// Unsigned bytes: undecoded images.
    case uint8
    /// The upper half of a float32: activations and weights in mixed precision.
    case bfloat16

    /// The size of one element in bytes.
    public var byteCount: Int {
        switch self {
        case .float32, .int32: 4
        case .uint8: 1
        case .bfloat16: 2
        }
    }
}
