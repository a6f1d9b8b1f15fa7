import LockstepAutograd
import LockstepTensors

/// An operation of a network while it is exported: its inputs by the names that they have in the ONNX graph, and the operators
/// that are added for it.
///
/// Images are [N, H, W, C] on a tape and [N, C, H, W] in ONNX's operators: `input` gives an image's name in the first order,
/// `channelsFirst` in the second; a transposition is added where the graph has the other one only.
public struct ONNXNode {
    let export: ONNXExport
    /// The numbers of the nodes of the inputs.
    let inputs: [Int]
    /// The number of the result's node.
    let number: Int
    /// The extents of the result, as the tape has it.
    public let outputShape: [ONNXExtent]

    /// The number of inputs.
    public var inputCount: Int { inputs.count }

    /// The name of an input in the tape's order of dimensions.
    public func input(_ index: Int) -> String { export.name(inputs[index], isChannelsFirst: false) }

    /// The name of an input image as [N, C, H, W].
    public func channelsFirst(_ index: Int) -> String { export.name(inputs[index], isChannelsFirst: true) }

    /// Whether an input is an image that the graph has as [N, C, H, W] already.
    public func isChannelsFirst(_ index: Int) -> Bool { export.isChannelsFirst(inputs[index]) }

    /// The extents of an input, as the tape has it.
    public func shape(_ index: Int) -> [ONNXExtent] { export.shape(inputs[index]) }

    /// The parameter that an input is; nil for what is computed.
    public func parameter(_ index: Int) -> Parameter? { export.parameter(inputs[index]) }

    /// The operation that computed an input, and its own inputs; nil for data and parameters.
    public func producer(_ index: Int) -> (operation: any DifferentiableOperation, node: ONNXNode)? {
        export.producer(inputs[index])
    }

    /// The name of a tensor that the operation reads without its being an input, such as the ids of an embedding.
    /// - Throws: `ONNXError` for a tensor that is neither data nor the result of an operation.
    public func name(of tensor: Tensor) throws(ONNXError) -> String { try export.name(of: tensor) }

    /// Adds an operator with one result.
    /// - Returns: the name of the result.
    public func add(_ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []) -> String {
        export.add(type, inputs, attributes)[0]
    }

    /// Adds an operator with several results.
    /// - Returns: their names.
    public func add(
        _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [], outputs: Int
    ) -> [String] {
        export.add(type, inputs, attributes, outputs: outputs)
    }

    /// Adds the operators of a function that other formats have a name for, such as `Gelu`.
    ///
    /// Functions: `Linear` (x, weight, bias), `Gelu` and `Silu` (x), `RMSNormalization` (x, scale), `AddPositions` (x, table),
    /// `Rotary` (x), `Attention` and `GroupedAttention` (qkv), and `RNN`, `LSTM`, `GRU` (x, W, U, b, c).
    /// - Parameters:
    ///   - inputs: the names of what the function reads, asked for before `body` runs.
    ///   - body: adds the operators of ONNX, and returns the name of their result.
    /// - Returns: the name of the result.
    public func function(
        _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [], body: () -> String
    ) -> String {
        let result = body()
        export.addFunction(type, inputs, attributes, result: result)
        return result
    }

    /// Adds numbers that checkpoints have under a name, such as running statistics, as a constant.
    public func constant(state name: String, _ floats: UnsafeBufferPointer<Float>, shape: [Int]) -> String {
        export.add(state: name, isParameter: false) { ONNXTensor($0, shape: shape, floats: floats) }
    }

    /// Adds a constant of 32-bit floating-point numbers; without extents a scalar.
    public func constant(_ floats: [Float], shape: [Int] = []) -> String {
        export.add { ONNXTensor($0, shape: shape, floats: floats) }
    }

    /// Adds a list of 64-bit integers as a constant.
    public func constant(integers: [Int]) -> String {
        export.add { ONNXTensor($0, shape: [integers.count], integers: integers) }
    }

    /// Names the result of the operation.
    /// - Parameter isChannelsFirst: whether it is an image as [N, C, H, W].
    public func output(_ name: String, isChannelsFirst: Bool = false) {
        export.set(name, of: number, isChannelsFirst: isChannelsFirst)
    }

    /// Adds an operator that computes each element by itself, and names the result of the operation: in the order of dimensions
    /// that the graph has already.
    /// - Parameter body: the names of the inputs in one order, to the name of the result.
    public func elementwise(_ body: ([String]) -> String) {
        let isFirst = inputs.indices.contains(where: isChannelsFirst)
        output(
            body(inputs.indices.map { isFirst ? channelsFirst($0) : input($0) }), isChannelsFirst: isFirst)
    }

    /// The result's extents as the target of a `Reshape`: -1 for the extent that depends on the number of samples.
    /// - Throws: `ONNXError` where several do.
    public func reshapeTarget() throws(ONNXError) -> [Int] {
        try ONNXNode.target(outputShape)
    }

    static func target(_ shape: [ONNXExtent]) throws(ONNXError) -> [Int] {
        var open = 0
        let target = shape.map { extent in
            guard case .fixed(let count) = extent else {
                open += 1
                return -1
            }
            return count
        }
        guard open <= 1 else {
            throw ONNXError("a reshape has several dimensions that depend on the number of samples")
        }
        return target
    }
}
