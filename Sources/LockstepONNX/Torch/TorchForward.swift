/// The statements of a graph in PyTorch: the body of `forward`.
struct TorchForward {
    /// The arguments of `forward`.
    let arguments: [String]
    /// The statements, the last one of which returns.
    private(set) var statements: [String] = []
    /// The functions of the module that they call.
    private(set) var helpers: Set<TorchHelper> = []

    /// The names that Python has for values of the graph.
    private var names: [String: String] = [:]
    /// The statement after which a value is no longer needed.
    private var lastUses: [String: Int] = [:]

    /// - Throws: `ONNXError` for an operator that has no counterpart here.
    init(_ model: ONNXModel, _ constants: TorchConstants) throws(ONNXError) {
        // An output is what an `Identity` makes of a value: the value has the name of the output then.
        let outputs = model.outputs.map(\.name)
        var reserved: Set<String> = ["self", "torch", "F", "nn", "json", "pathlib"]
        var arguments: [String] = []
        for name in model.inputs.map(\.name) + outputs where names[name] == nil {
            let variable = PythonText.identifier(name, excluding: reserved)
            reserved.insert(variable)
            names[name] = variable
            if arguments.count < model.inputs.count { arguments.append(variable) }
        }
        self.arguments = arguments
        let computed = Set(model.nodes.flatMap(\.outputs))
        for node in model.nodes where node.type == "Identity" && outputs.contains(node.outputs[0]) {
            let value = node.inputs[0]
            if computed.contains(value), names[value] == nil { names[value] = names[node.outputs[0]] }
        }
        for (index, node) in model.nodes.enumerated() {
            for name in node.inputs { lastUses[name] = index }
        }
        for name in outputs { lastUses[name] = model.nodes.count }
        for port in model.inputs {
            guard let name = names[port.name] else { continue }
            statements.append("\(name) = \(name).to(\(port.type.torchName))")
        }
        for (index, node) in model.nodes.enumerated() {
            try add(node, index, reserved, constants)
        }
        statements.append("return \(outputs.map { names[$0] ?? $0 }.joined(separator: ", "))")
    }

    private mutating func add(
        _ node: ONNXModel.Node, _ index: Int, _ reserved: Set<String>, _ constants: TorchConstants
    ) throws(ONNXError) {
        if node.type == "Identity", let value = names[node.inputs[0]] {
            // Another name for the same value, or none at all.
            guard let output = names[node.outputs[0]] else {
                names[node.outputs[0]] = value
                lastUses[node.inputs[0]] = max(index, lastUses[node.outputs[0]] ?? index)
                return
            }
            if output != value { statements.append("\(output) = \(value)") }
            return
        }
        let call = TorchCall(node, names: names, constants: constants)
        let expression = try call.expression()
        if let helper = call.helper { helpers.insert(helper) }
        // A variable is free when its value is not needed after this statement.
        var held = reserved
        for (name, last) in lastUses where last > index {
            if let variable = names[name] { held.insert(variable) }
        }
        var targets: [String] = []
        for output in node.outputs {
            let target = names[output] ?? Self.variable(excluding: held)
            held.insert(target)
            names[output] = target
            targets.append(target)
        }
        statements.append("\(targets.joined(separator: ", ")) = \(expression)")
    }

    private static func variable(excluding held: Set<String>) -> String {
        if let name = ["x", "y", "z"].first(where: { !held.contains($0) }) { return name }
        var number = 1
        while held.contains("x\(number)") { number += 1 }
        return "x\(number)"
    }
}
