/// An operator of ONNX, or a function, as an expression of PyTorch.
struct TorchCall {
    private let node: ONNXModel.Node
    private let names: [String: String]
    private let constants: TorchConstants

    init(_ node: ONNXModel.Node, names: [String: String], constants: TorchConstants) {
        (self.node, self.names, self.constants) = (node, names, constants)
    }

    /// The function of the module that the expression calls.
    var helper: TorchHelper? {
        switch node.type {
        case "Attention": .attention
        case "BatchNormalization": layer == nil ? nil : .batchNormalization
        case "LSTM": .lstm
        case "GRU", "RNN": .recurrent
        case "GroupedAttention": .groupedAttention
        case "Rotary": .rotary
        default: nil
        }
    }

    private func failure(_ reason: String) -> ONNXError {
        ONNXError("the network cannot be exported to PyTorch: its operator \(node.type) \(reason)")
    }

    // MARK: Inputs and attributes

    /// Whether an input is given.
    private func has(_ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }

    /// An input: a variable, a tensor of the module, or a number.
    private func operand(_ index: Int) throws(ONNXError) -> String {
        guard has(index), let text = names[node.inputs[index]] ?? constants.operand(node.inputs[index]) else {
            throw failure("lacks its input \(index)")
        }
        return text
    }

    /// An input that has to be a tensor.
    private func tensor(_ index: Int) throws(ONNXError) -> String {
        guard has(index), let text = names[node.inputs[index]] ?? constants.tensor(node.inputs[index]) else {
            throw failure("lacks its input \(index)")
        }
        return text
    }

    /// An input that is a list of whole numbers.
    private func list(_ index: Int) throws(ONNXError) -> [Int] {
        guard has(index), let list = constants.list(node.inputs[index]) else {
            throw failure("reads whole numbers that are not constant")
        }
        return list
    }

    private func attribute(_ name: String) -> ONNXAttribute? { node.attributes.first { $0.name == name } }
    private func integer(_ name: String, default value: Int) -> Int {
        attribute(name)?.wholeNumber ?? value
    }
    private func number(_ name: String, default value: Float) -> String {
        PythonText.number(attribute(name)?.number ?? value)
    }

    /// The scope that has all tensors of a batch normalization under PyTorch's names; nil for none.
    private var layer: String? {
        let suffixes = [".weight", ".bias", ".running_mean", ".running_var"]
        guard node.inputs.count == 5, let weight = constants.operand(node.inputs[1]),
            weight.hasSuffix(suffixes[0])
        else { return nil }
        let scope = String(weight.dropLast(suffixes[0].count))
        let isOne = zip(node.inputs.dropFirst(), suffixes).allSatisfy {
            constants.operand($0) == scope + $1
        }
        return isOne ? scope : nil
    }

    // MARK: Expressions

    private func infix(_ sign: String) throws(ONNXError) -> String {
        "\(try operand(0)) \(sign) \(try operand(1))"
    }

    /// A function of all inputs.
    private func call(_ function: String, _ more: String...) throws(ONNXError) -> String {
        var arguments: [String] = []
        for index in node.inputs.indices where has(index) { arguments.append(try tensor(index)) }
        return "\(function)(\((arguments + more).joined(separator: ", ")))"
    }

    /// - Throws: `ONNXError` for an operator or a setting that has no counterpart here.
    func expression() throws(ONNXError) -> String {
        switch node.type {
        case "Add": return try infix("+")
        case "Sub": return try infix("-")
        case "Mul": return try infix("*")
        case "Div": return try infix("/")
        case "Pow":
            let base = try operand(0)
            return "\(base.hasPrefix("-") ? "(\(base))" : base) ** \(try operand(1))"
        case "MatMul": return try infix("@")
        case "Max": return try call("torch.maximum")
        case "Min": return try call("torch.minimum")
        case "Where": return try call("torch.where")
        case "IsNaN": return try call("torch.isnan")
        case "Neg": return "-\(try tensor(0))"
        case "Identity": return try tensor(0)
        case "Relu": return try call("F.relu")
        case "LeakyRelu": return try call("F.leaky_relu", number("alpha", default: 0.01))
        case "Softplus": return try call("F.softplus")
        case "Silu": return try call("F.silu")
        case "Gelu":
            return attribute("approximate")?.text == "tanh"
                ? try call("F.gelu", "approximate=\"tanh\"") : try call("F.gelu")
        case "Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Log", "Reciprocal", "Round", "Sigmoid", "Sign",
            "Sin", "Sqrt", "Tanh":
            return try call("torch.\(node.type.lowercased())")
        case "Clip": return "torch.clamp(\(try tensor(0)), \(try operand(1)), \(try operand(2)))"
        case "Cast":
            guard let type = ONNXTensor.Element(rawValue: integer("to", default: 0)) else {
                throw failure("makes another type of numbers")
            }
            return "\(try tensor(0)).to(\(type.torchName))"
        case "Softmax", "LogSoftmax":
            let function = node.type == "Softmax" ? "F.softmax" : "F.log_softmax"
            return "\(function)(\(try tensor(0)), \(integer("axis", default: -1)))"
        case "Linear": return try call("F.linear")
        case "Gemm":
            guard integer("transB", default: 0) == 1, integer("transA", default: 0) == 0,
                attribute("alpha") == nil, attribute("beta") == nil
            else { throw failure("has other settings than x W^T + b") }
            return try call("F.linear")
        case "AddPositions": return "\(try operand(0)) + \(try operand(1))[: \(try operand(0)).shape[1]]"
        case "Attention":
            let isCausal = integer("is_causal", default: 0) == 1
            return try call(
                "attention", "heads=\(integer("heads", default: 1))",
                "is_causal=\(isCausal ? "True" : "False")")
        case "GroupedAttention":
            let isCausal = integer("is_causal", default: 0) == 1
            return try call(
                "grouped_attention", "heads=\(integer("heads", default: 1))",
                "key_heads=\(integer("key_heads", default: 1))", "is_causal=\(isCausal ? "True" : "False")")
        case "Rotary":
            return try call(
                "rotary", "heads=\(integer("heads", default: 0))",
                "dimensions=\(integer("dimensions", default: 0))", "base=\(number("base", default: 10000))",
                "first=\(integer("first", default: 0))",
                "interleaved=\(integer("interleaved", default: 0) == 1 ? "True" : "False")")
        case "RNN", "LSTM", "GRU": return try recurrent()
        case "RMSNormalization":
            return "F.rms_norm(\(try tensor(0)), \(try tensor(0)).shape[-1:], \(try tensor(1)), "
                + "eps=\(number("epsilon", default: 1e-6)))"
        case "LayerNormalization":
            return "F.layer_norm(\(try tensor(0)), \(try tensor(0)).shape[-1:], \(try tensor(1)), "
                + "\(try tensor(2)), eps=\(number("epsilon", default: 1e-5)))"
        case "BatchNormalization":
            if let layer {
                return "batch_norm(\(try tensor(0)), \(layer), eps=\(number("epsilon", default: 1e-5)))"
            }
            return "F.batch_norm(\(try tensor(0)), \(try tensor(3)), \(try tensor(4)), \(try tensor(1)), "
                + "\(try tensor(2)), eps=\(number("epsilon", default: 1e-5)))"
        case "Conv", "MaxPool", "AveragePool", "GlobalAveragePool": return try window()
        default: return try shaping()
        }
    }

    /// One layer in one direction, which begins at the end of the sequence in the other one.
    private func recurrent() throws(ONNXError) -> String {
        let isReversed = integer("is_reversed", default: 0) == 1
        let x = isReversed ? "\(try tensor(0)).flip(0)" : try tensor(0)
        var arguments: [String] = []
        switch node.type {
        case "GRU": arguments.append("torch.gru")
        case "RNN":
            arguments.append(attribute("activation")?.text == "relu" ? "torch.rnn_relu" : "torch.rnn_tanh")
        default: break
        }
        arguments.append(x)
        for index in 1...4 { arguments.append(try tensor(index)) }
        let function = node.type == "LSTM" ? "lstm" : "recurrent"
        return "\(function)(\(arguments.joined(separator: ", ")))" + (isReversed ? ".flip(0)" : "")
    }

    /// Operators that move a window over an image.
    private func window() throws(ONNXError) -> String {
        func pair(_ name: String, _ value: Int) -> [Int] { attribute(name)?.wholeNumbers ?? [value, value] }
        func argument(_ name: String, _ pair: [Int], default value: Int) -> [String] {
            guard pair != [value, value] else { return [] }
            return ["\(name)=\(pair[0] == pair[1] ? "\(pair[0])" : PythonText.tuple(pair))"]
        }
        if node.type == "GlobalAveragePool" { return "\(try tensor(0)).mean((2, 3), keepdim=True)" }
        let pads = attribute("pads")?.wholeNumbers ?? [0, 0, 0, 0]
        guard pads.count == 4, pads[0] == pads[2], pads[1] == pads[3] else {
            throw failure("pads the two sides of an image differently")
        }
        var arguments: [String] = []
        for index in node.inputs.indices { arguments.append(try tensor(index)) }
        let strides = pair("strides", 1)
        let padding = argument("padding", [pads[0], pads[1]], default: 0)
        guard node.type != "Conv" else {
            let groups = integer("group", default: 1)
            arguments += argument("stride", strides, default: 1) + padding
            arguments += argument("dilation", pair("dilations", 1), default: 1)
            if groups != 1 { arguments.append("groups=\(groups)") }
            return "F.conv2d(\(arguments.joined(separator: ", ")))"
        }
        let size = pair("kernel_shape", 1)
        arguments.append(size[0] == size[1] ? "\(size[0])" : PythonText.tuple(size))
        arguments += (strides == size ? [] : argument("stride", strides, default: 0)) + padding
        if node.type == "MaxPool" { return "F.max_pool2d(\(arguments.joined(separator: ", ")))" }
        if !padding.isEmpty, integer("count_include_pad", default: 0) == 0 {
            arguments.append("count_include_pad=False")
        }
        return "F.avg_pool2d(\(arguments.joined(separator: ", ")))"
    }

    /// Operators that change the shape, and sums.
    private func shaping() throws(ONNXError) -> String {
        let x = try tensor(0)
        switch node.type {
        case "Transpose":
            guard let order = attribute("perm")?.wholeNumbers else { throw failure("has no order") }
            return "\(x).permute\(PythonText.tuple(order))"
        case "Flatten":
            guard integer("axis", default: 1) == 1 else { throw failure("flattens another dimension") }
            return "\(x).flatten(1)"
        case "Reshape":
            let extents = try list(1).enumerated().map { $1 == 0 ? "\(x).shape[\($0)]" : "\($1)" }
            return "\(x).reshape(\(extents.joined(separator: ", ")))"
        case "Squeeze": return "\(x).squeeze(\(PythonText.tuple(try list(1))))"
        case "Unsqueeze":
            return try list(1).sorted().reduce(x) { "\($0).unsqueeze(\($1))" }
        case "Concat":
            var parts: [String] = []
            for index in node.inputs.indices { parts.append(try tensor(index)) }
            return "torch.cat([\(parts.joined(separator: ", "))], \(integer("axis", default: 0)))"
        case "Split": return "\(x).chunk(\(node.outputs.count), \(integer("axis", default: 0)))"
        case "Gather":
            guard integer("axis", default: 0) == 0 else { throw failure("has another axis than the first") }
            return "F.embedding(\(try tensor(1)), \(x))"
        case "Slice": return try slice(x)
        case "ReduceSum": return try reduce(x, "sum", has(1) ? try list(1) : nil)
        case "ReduceMean": return try reduce(x, "mean", attribute("axes")?.wholeNumbers)
        case "ReduceMax": return try reduce(x, "amax", attribute("axes")?.wholeNumbers)
        case "ReduceMin": return try reduce(x, "amin", attribute("axes")?.wholeNumbers)
        default: throw failure("has no counterpart here; export to ONNX")
        }
    }

    private func reduce(_ x: String, _ method: String, _ axes: [Int]?) throws(ONNXError) -> String {
        guard let axes else { throw failure("has no axes") }
        let keeps = integer("keepdims", default: 1) == 1 ? ", keepdim=True" : ""
        return "\(x).\(method)(\(PythonText.tuple(axes))\(keeps))"
    }

    private func slice(_ x: String) throws(ONNXError) -> String {
        let (starts, ends, axes) = (try list(1), try list(2), try list(3))
        let steps = has(4) ? try list(4) : axes.map { _ in 1 }
        guard let last = axes.max(), axes.allSatisfy({ $0 >= 0 }), steps.allSatisfy({ $0 > 0 }) else {
            throw failure("counts from the end")
        }
        var parts = [String](repeating: ":", count: last + 1)
        for (index, axis) in axes.enumerated() {
            parts[axis] = "\(starts[index]):\(ends[index])" + (steps[index] == 1 ? "" : ":\(steps[index])")
        }
        return "\(x)[\(parts.joined(separator: ", "))]"
    }
}
