import LockstepContracts
import LockstepTensors

/// The role of a parameter in its layer: optimizers may treat roles differently.
public enum ParameterRole: Sendable, Hashable {
    /// A matrix or a convolution's kernel.
    case weight
    /// An additive term.
    case bias
    /// A normalization's scale.
    case scale
    /// A normalization's additive term.
    case shift
    /// A table of vectors that are looked up.
    case embedding

    /// Whether passes in mixed precision read a bfloat16 copy.
    var isRounded: Bool { self == .weight || self == .embedding }
}

/// Fills a new parameter: destination, shape, and the key of its random draws.
public typealias ParameterInitializer = (UnsafeMutablePointer<Float>, Shape, RandomKey) -> Void

/// A trainable tensor: a named range of the flat parameter buffer.
///
/// `ParameterScope` creates parameters. Names, shapes and order of elements are PyTorch's.
public final class Parameter {
    /// The path, for example `blocks.3.attention.query.weight`.
    public let name: String
    /// The shape, as in PyTorch.
    public let shape: Shape
    /// The role of the parameter in its layer.
    public let role: ParameterRole
    /// The registration number: 0 for the first.
    public let index: Int
    /// Whether the parameter is a table of which a step computes, exchanges and updates only the rows that its batch
    /// has used.
    public let isSparse: Bool
    /// The offset of the parameter in the flat buffer, in floats; a multiple of 16.
    public internal(set) var offset = 0
    /// The phase of training that updates the parameter; nil for a frozen one, which gets no gradient and no
    /// update.
    public internal(set) var phase: Int? = 0

    let initializer: ParameterInitializer
    var storage: Tensor?
    var rounded: Tensor?
    var averageStorage: Tensor?
    var roundedAverage: Tensor?

    init(
        name: String, shape: Shape, role: ParameterRole, index: Int, isSparse: Bool,
        initializer: @escaping ParameterInitializer
    ) {
        self.name = name
        self.shape = shape
        self.role = role
        self.index = index
        self.isSparse = isSparse
        self.initializer = initializer
    }

    /// The number of elements.
    public var elementCount: Int { shape.elementCount }

    private var isRounded: Bool { role.isRounded && !isSparse }

    /// The moving average of the weights, with the same shape; nil for none.
    public var average: Tensor? { averageStorage }

    /// The master weights: a view of the flat buffer. Traps before the store has memory.
    public var value: Tensor {
        guard let storage else {
            brokenContract(
                "Parameter \(name): the parameter store has no memory yet (call allocate or bind)")
        }
        return storage
    }

    /// The weights for a pass in `precision`: the master weights, or in mixed precision the bfloat16 copy of
    /// matrices, kernels and tables. Biases, scales and sparse tables stay float32.
    public func value(in precision: Precision) -> Tensor {
        guard precision == .bfloat16, isRounded else { return value }
        guard let rounded else {
            brokenContract("Parameter \(name): the parameter store has no memory for bfloat16 copies")
        }
        return rounded
    }

    /// The moving average for a pass in `precision`; the weights if there is no average.
    func averagedValue(in precision: Precision) -> Tensor {
        guard let average else { return value(in: precision) }
        return precision == .bfloat16 && isRounded ? roundedAverage ?? value(in: precision) : average
    }
}
