import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Multi-head attention from one sequence to another, with its projections. Parameters as in PyTorch's
/// `MultiheadAttention` with `kdim` and `vdim`: `q_proj_weight` [E, E], `k_proj_weight` and `v_proj_weight`
/// [E, M], `in_proj_bias` [3 E], `out_proj.weight` [E, E], `out_proj.bias` [E]. (PyTorch stacks the three
/// weights as `in_proj_weight` if M = E.)
///
/// Shapes: x [N, Q, E], memory [N, K, M]; result [N, Q, E]. Source: Vaswani et al. 2017, section 3.2.2.
public struct CrossAttention {
    /// The weights of queries, [E, E].
    public let queryWeight: Parameter
    /// The weights of keys, [E, M].
    public let keyWeight: Parameter
    /// The weights of values, [E, M].
    public let valueWeight: Parameter
    /// The biases of queries, keys and values, [3 E].
    public let inputBias: Parameter
    /// The projection of the result.
    public let output: Linear
    /// The number of heads.
    public let heads: Int

    /// Registers the parameters. Traps unless `heads` divides the width.
    /// - Parameter memoryWidth: M; the width by default.
    public init(
        _ scope: ParameterScope, width: Int, memoryWidth: Int? = nil, heads: Int,
        initializer: @escaping ParameterInitializer = Initializers.xavierUniform,
        outputInitializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        let other = memoryWidth ?? width
        contract(
            heads > 0 && width > 0 && width % heads == 0 && other > 0,
            "CrossAttention \(scope.path): \(heads) heads of width \(width), memory of width \(other)")
        func weight(_ name: String, _ inputs: Int) -> Parameter {
            scope.parameter(name, shape: Shape(width, inputs), role: .weight, initializer: initializer)
        }
        queryWeight = weight("q_proj_weight", width)
        keyWeight = weight("k_proj_weight", other)
        valueWeight = weight("v_proj_weight", other)
        inputBias = scope.parameter(
            "in_proj_bias", shape: Shape(3 * width), role: .bias, initializer: Initializers.zeros)
        output = Linear(scope["out_proj"], inputs: width, outputs: width, initializer: outputInitializer)
        self.heads = heads
    }

    /// Applies the layer.
    /// - Parameter lengths: [N], int32: the number of steps of each sample's memory that are not padding; nil
    ///   for all.
    public func callAsFunction(_ x: Variable, memory: Variable, lengths: Tensor? = nil) -> Variable {
        let tape = x.tape
        let (xs, ms) = (x.shape, memory.shape)
        contract(
            xs.rank == 3 && ms.rank == 3 && xs[0] == ms[0] && xs[2] == queryWeight.shape[1]
                && ms[2] == keyWeight.shape[1],
            """
            CrossAttention \(queryWeight.layer): x \(xs) and memory \(ms) have to be [N, Q, \(queryWeight.shape[1])] and \
            [N, K, \(keyWeight.shape[1])]
            """)
        let biases = split(tape.variable(inputBias), into: 3, axis: 0)
        func project(_ x: Variable, _ weight: Parameter, _ bias: Variable) -> Variable {
            linear(x, weight: tape.variable(weight), bias: bias)
        }
        return output(
            attention(
                queries: project(x, queryWeight, biases[0]), keys: project(memory, keyWeight, biases[1]),
                values: project(memory, valueWeight, biases[2]), heads: heads, lengths: lengths))
    }
}
