/// A network in the format of the Open Neural Network Exchange (onnx.ai), version 8 of the format with operator set 17.
public struct ONNXModel: Sendable {
    /// The version of the format.
    public static let formatVersion = 8
    /// The version of the set of operators.
    public static let operatorSet = 17

    /// A named input or output.
    public struct Port: Sendable, Equatable {
        /// The name.
        public var name: String
        /// The type of the elements.
        public var type: ONNXTensor.Element
        /// The extents.
        public var shape: [ONNXExtent]

        /// A port.
        public init(name: String, type: ONNXTensor.Element, shape: [ONNXExtent]) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    /// An operator with the names of what it reads and computes.
    public struct Node: Sendable, Equatable {
        /// The operator, such as `Conv`.
        public var type: String
        /// The name, for tools that show graphs.
        public var name: String
        /// The names of what it reads; an empty one stands for an input that is left out.
        public var inputs: [String]
        /// The names of what it computes.
        public var outputs: [String]
        /// Its settings.
        public var attributes: [ONNXAttribute]

        /// A node.
        public init(
            type: String, name: String, inputs: [String], outputs: [String], attributes: [ONNXAttribute]
        ) {
            self.type = type
            self.name = name
            self.inputs = inputs
            self.outputs = outputs
            self.attributes = attributes
        }
    }

    /// What a constant is in checkpoints.
    public struct State: Sendable, Equatable {
        /// The name there.
        public var name: String
        /// Whether it is a parameter; otherwise a buffer, such as a running mean.
        public var isParameter: Bool

        /// A tensor of checkpoints.
        public init(name: String, isParameter: Bool) {
            (self.name, self.isParameter) = (name, isParameter)
        }
    }

    /// What computed the file: program and version.
    public var producer: (name: String, version: String)
    /// The name of the network.
    public var name: String
    /// The operators in an order in which they can be computed.
    public var nodes: [Node]
    /// The constants: weights, and numbers that operators need.
    public var constants: [ONNXTensor]
    /// What is fed in.
    public var inputs: [Port]
    /// What comes out.
    public var outputs: [Port]
    /// Names with texts, such as the classes.
    public var metadata: [(name: String, text: String)]
    /// The names in checkpoints of those constants that are tensors there; an ONNX file does not have them.
    public var stateNames: [String: State]

    /// A model.
    public init(
        producer: (name: String, version: String), name: String, nodes: [Node], constants: [ONNXTensor],
        inputs: [Port], outputs: [Port], metadata: [(name: String, text: String)],
        stateNames: [String: State] = [:]
    ) {
        self.producer = producer
        self.name = name
        self.nodes = nodes
        self.constants = constants
        self.inputs = inputs
        self.outputs = outputs
        self.metadata = metadata
        self.stateNames = stateNames
    }

    /// The largest size of a file: that of a Protocol Buffers message.
    public static let maximumByteCount = Int(Int32.max)

    /// The bytes of the file.
    /// - Throws: `ONNXError` for a network of 2 GiB or more.
    public func encoded() throws(ONNXError) -> [UInt8] {
        let size = constants.reduce(0) { $0 + $1.bytes.count }
        guard size < Self.maximumByteCount - 1 << 24 else {
            throw ONNXError(
                "the weights have \(size) bytes, and an ONNX file holds less than 2 GiB; use the checkpoint's model.safetensors"
            )
        }
        var writer = ProtobufWriter()
        writer.integer(1, Self.formatVersion)
        writer.text(2, producer.name)
        writer.text(3, producer.version)
        writer.message(7) { graph in
            for node in nodes { graph.message(1) { node.encode(into: &$0) } }
            graph.text(2, name)
            for tensor in constants { graph.message(5) { tensor.encode(into: &$0) } }
            for port in inputs { graph.message(11) { port.encode(into: &$0) } }
            for port in outputs { graph.message(12) { port.encode(into: &$0) } }
        }
        writer.message(8) {
            $0.text(1, "")
            $0.integer(2, Self.operatorSet)
        }
        for entry in metadata {
            writer.message(14) {
                $0.text(1, entry.name)
                $0.text(2, entry.text)
            }
        }
        return writer.bytes
    }
}

/// An extent of a tensor.
public enum ONNXExtent: Sendable, Hashable {
    /// The same for all batches.
    case fixed(Int)
    /// So many times the number of samples.
    case batch(times: Int)

    /// The name of the extent in a file; nil for a number.
    var symbol: String? {
        switch self {
        case .fixed: nil
        case .batch(1): "batch"
        case .batch(let times): "batch_times_\(times)"
        }
    }
}

/// Why a network cannot be exported.
public struct ONNXError: Error, CustomStringConvertible, Sendable, Equatable {
    public let description: String

    /// An error with its message.
    public init(_ description: String) { self.description = description }
}

extension ONNXModel.Port: CustomStringConvertible {
    public var description: String {
        let extents = shape.map { extent in
            if case .fixed(let count) = extent { "\(count)" } else { extent.symbol ?? "" }
        }
        return "\(name) \(type) [\(extents.joined(separator: ", "))]"
    }
}

extension ONNXModel.Node {
    fileprivate func encode(into writer: inout ProtobufWriter) {
        for input in inputs { writer.text(1, input) }
        for output in outputs { writer.text(2, output) }
        writer.text(3, name)
        writer.text(4, type)
        for attribute in attributes { writer.message(5) { attribute.encode(into: &$0) } }
    }
}

extension ONNXModel.Port {
    fileprivate func encode(into writer: inout ProtobufWriter) {
        writer.text(1, name)
        writer.message(2) { type in
            type.message(1) { tensor in
                tensor.integer(1, self.type.rawValue)
                tensor.message(2) { shape in
                    for extent in self.shape {
                        shape.message(1) { dimension in
                            if let symbol = extent.symbol {
                                dimension.text(2, symbol)
                            } else if case .fixed(let count) = extent {
                                dimension.integer(1, count)
                            }
                        }
                    }
                }
            }
        }
    }
}
