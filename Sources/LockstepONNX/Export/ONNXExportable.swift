import LockstepAutograd

/// An operation that an exported network can have.
///
/// ```swift
/// extension CubeOperation: ONNXExportable {
///     func export(_ node: ONNXNode) throws(ONNXError) {
///         let x = node.input(0)
///         node.output(node.add("Mul", [x, node.add("Mul", [x, x])]))
///     }
/// }
/// ```
public protocol ONNXExportable: DifferentiableOperation {
    /// Adds the operators that compute what this operation has just computed in a forward pass in inference mode, and names their
    /// result by `node.output`.
    /// - Throws: `ONNXError` for settings that ONNX has no operators for.
    func export(_ node: ONNXNode) throws(ONNXError)
}
