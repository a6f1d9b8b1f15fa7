/// The constants of a graph in a module for PyTorch: parameters and buffers in a file, and numbers in its text.
struct TorchConstants {
    /// As many numbers of a constant can stand in the text; those of a larger one are in the file.
    static let longest = 1000

    /// The lines of `__init__` that declare them.
    private(set) var declarations: [String] = []
    /// The tensors of the file, by their names there.
    private(set) var tensors: [ONNXTensor] = []
    /// Whether some of them are in no checkpoint.
    private(set) var hasOwnTensors = false
    private var expressions: [String: String] = [:]
    private var numbers: [String: String] = [:]
    private var integers: [String: [Int]] = [:]

    init(_ model: ONNXModel) {
        // A constant must not have the name of a scope.
        var taken = Set(model.stateNames.values.map { String($0.name.prefix { $0 != "." }) })
        for constant in model.constants {
            if let state = model.stateNames[constant.name] {
                declare(constant, state.name, state.isParameter ? "_parameter" : "_buffer")
                continue
            }
            if constant.type == .int64 { integers[constant.name] = constant.integers }
            if constant.type == .float32 || constant.type == .float64, constant.elementCount == 1,
                constant.shape.count <= 1
            {
                numbers[constant.name] = constant.texts[0]
                continue
            }
            let name = PythonText.identifier(constant.name, excluding: taken)
            taken.insert(name)
            guard constant.elementCount > Self.longest else {
                expressions[constant.name] = "self.\(name)"
                write(constant, name)
                continue
            }
            hasOwnTensors = true
            declare(constant, name, "_buffer")
        }
    }

    private mutating func declare(_ constant: ONNXTensor, _ name: String, _ method: String) {
        var tensor = constant
        tensor.name = name
        tensors.append(tensor)
        expressions[constant.name] = PythonText.attribute(name)
        let arguments = [PythonText.quoted(name)] + constant.shape.map(String.init)
        declarations.append(
            "self.\(method)(\(arguments.joined(separator: ", "))\(constant.type.torchArgument))")
    }

    private mutating func write(_ constant: ONNXTensor, _ name: String) {
        // Lists of whole numbers are mostly settings of operators, which read them directly.
        guard constant.type != .int64 else { return }
        let start = "self._constant(\(PythonText.quoted(name)), "
        let list = PythonText.list(constant.texts, column: 8 + start.count, indent: "        ")
        let shape = constant.shape.count == 1 ? "" : ".reshape\(PythonText.tuple(constant.shape))"
        declarations.append("\(start)torch.tensor(\(list)\(constant.type.torchArgument))\(shape))")
    }

    /// A constant as an operand: a number where it is one.
    func operand(_ name: String) -> String? { numbers[name] ?? expressions[name] }

    /// A constant as a tensor.
    func tensor(_ name: String) -> String? {
        numbers[name].map { "torch.tensor(\($0))" } ?? expressions[name]
    }

    /// The numbers of a list of whole numbers.
    func list(_ name: String) -> [Int]? { integers[name] }
}

extension ONNXTensor {
    var elementCount: Int { shape.reduce(1, *) }

    func elements<Number>(_ type: Number.Type) -> [Number] {
        bytes.withUnsafeBytes { raw in
            (0..<elementCount).map {
                raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.stride, as: type)
            }
        }
    }

    var integers: [Int] { elements(Int.self) }

    /// The numbers as Python writes them.
    var texts: [String] {
        switch type {
        case .float32: elements(Float.self).map { PythonText.number($0) }
        case .float64: elements(Double.self).map { PythonText.number($0) }
        case .int64: integers.map(String.init)
        case .bool: elements(Bool.self).map { $0 ? "True" : "False" }
        }
    }
}

extension ONNXTensor.Element {
    /// The type in PyTorch.
    var torchName: String {
        switch self {
        case .float32: "torch.float32"
        case .float64: "torch.float64"
        case .int64: "torch.int64"
        case .bool: "torch.bool"
        }
    }

    /// The argument of a function that makes a tensor; none for the default.
    var torchArgument: String { self == .float32 ? "" : ", dtype=\(torchName)" }
}
