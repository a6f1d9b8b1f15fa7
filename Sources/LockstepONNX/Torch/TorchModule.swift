/// A network as a module for PyTorch: the text of a Python file, and the tensors of the safetensors file beside it.
///
/// It comes from the same recording as an ONNX file: `ONNXExport.finish` with functions.
public struct TorchModule: Sendable {
    /// What a module has besides its network.
    public struct Description: Sendable {
        /// What the network is, for the first line.
        public var title = "A network"
        /// The names of the classes of the output `probabilities`.
        public var classes: [String] = []
        /// Whether a sample has exactly one class.
        public var isOfOneClass = true
        /// The columns of the table that is the input; empty for other data.
        public var columns: [Column] = []
        /// The texts that stand for a missing value in the table.
        public var missingTexts: [String] = []
        /// Whether the table may have missing values.
        public var canMiss = false
        /// Whether the input is the bytes of a text.
        public var isText = false

        /// A network with nothing besides it.
        public init() {}
    }

    /// A column of a table.
    public struct Column: Sendable, Equatable {
        /// The name.
        public var name: String
        /// The categories, each of which is an element of the input; nil for a column of numbers.
        public var categories: [String]?

        /// A column.
        public init(_ name: String, categories: [String]? = nil) {
            self.name = name
            self.categories = categories
        }
    }

    /// The Python file.
    public let source: String
    /// The tensors of the safetensors file, under the names that checkpoints have for them.
    public let tensors: [ONNXTensor]

    /// The module of a graph with functions.
    /// - Parameter name: the name of the Python file without `.py`.
    /// - Throws: `ONNXError` for an operator without a counterpart in PyTorch.
    public init(_ model: ONNXModel, name: String, _ description: Description) throws(ONNXError) {
        let constants = TorchConstants(model)
        let forward = try TorchForward(model, constants)
        tensors = constants.tensors
        source =
            TorchSource(
                model: model, name: name, description: description, constants: constants, forward: forward
            ).text
    }
}
