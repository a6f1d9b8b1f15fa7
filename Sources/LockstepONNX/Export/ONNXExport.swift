import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Makes an ONNX graph from a forward pass: the recorder of its tape.
///
/// Usage: `addInput` for every tensor of data, then a pass in inference mode with this as the tape's recorder, then `finish`.
public final class ONNXExport: TapeRecorder {
    /// What a node of the tape is in the graph.
    private struct Value {
        var shape: [ONNXExtent]
        /// The name in the tape's order of dimensions.
        var name: String?
        /// The name as [N, C, H, W].
        var channelsFirst: String?
        /// Keeps the memory from being used again.
        var tensor: Tensor
        var parameter: Parameter?
        var producer: (operation: any DifferentiableOperation, inputs: [Int])?
    }

    /// Where a tensor lies, and how it is seen.
    private struct Place: Hashable {
        var address: UnsafeMutableRawPointer
        var shape: Shape

        init(_ tensor: Tensor) { (address, shape) = (tensor.address, tensor.shape) }
    }

    /// The first thing that could not be exported; what follows it is left out.
    public private(set) var failure: ONNXError?
    private let samples: Int
    private let shapes: PassShapes
    private var count = 0
    private var values: [Int: Value] = [:]
    /// Data that were given before the pass, and where tensors without a variable came from.
    private var data: [Place: Value] = [:]
    private var numbers: [Place: Int] = [:]
    private var nodes: [ONNXModel.Node] = []
    private var constants: [ONNXTensor] = []
    private var inputs: [ONNXModel.Port] = []
    private var outputs: [ONNXModel.Port] = []
    private var names: Set<String> = []
    /// Functions by the name of their result, and the constants that tensors of a checkpoint are.
    private var functions: [String: ONNXModel.Node] = [:]
    private var stateConstants: [String: String] = [:]
    private var stateNames: [String: ONNXModel.State] = [:]
    /// Copies that no variable has.
    private var kept: [Tensor] = []

    /// - Parameters:
    ///   - samples: the number of samples of the pass.
    ///   - shapes: those of a pass of another number of samples.
    public init(samples: Int, shapes: PassShapes) {
        self.samples = samples
        self.shapes = shapes
    }

    // MARK: Names, operators, constants

    /// A name that nothing has yet.
    private func fresh(_ wish: String) -> String {
        var name = wish
        var number = 1
        while !names.insert(name).inserted {
            number += 1
            name = "\(wish)_\(number)"
        }
        return name
    }

    /// Adds an operator.
    /// - Returns: the names of its results.
    public func add(
        _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [], outputs: Int = 1
    ) -> [String] {
        let name = fresh("\(type.lowercased())_\(nodes.count)")
        let results = (0..<outputs).map { outputs == 1 ? name : fresh("\(name)_out\($0)") }
        nodes.append(
            .init(type: type, name: name, inputs: inputs, outputs: results, attributes: attributes))
        return results
    }

    /// Adds a constant, which `make` makes with its name.
    /// - Parameter wish: what the name is like; by default a number.
    /// - Returns: the name.
    public func add(named wish: String? = nil, _ make: (String) -> ONNXTensor) -> String {
        let name = fresh(wish ?? "constant_\(constants.count)")
        constants.append(make(name))
        return name
    }

    /// Adds a constant that is a tensor of checkpoints, once for each.
    /// - Returns: the name.
    func add(state: String, isParameter: Bool, _ make: (String) -> ONNXTensor) -> String {
        if let name = stateConstants[state] { return name }
        let name = add(named: state, make)
        stateConstants[state] = name
        stateNames[name] = .init(name: state, isParameter: isParameter)
        return name
    }

    /// Says what some operators compute together: formats that have the function are written with it.
    func addFunction(
        _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute], result: String
    ) {
        functions[result] = .init(
            type: type, name: result, inputs: inputs, outputs: [result], attributes: attributes)
    }

    // MARK: Data

    /// Declares data that the pass will read: a tensor whose first extent is the number of samples.
    /// - Parameters:
    ///   - name: that of the graph's input. Images are [N, C, H, W] there.
    ///   - isDouble: whether floating-point numbers have 64 bits in the graph.
    ///   - prepare: adds the operators that make data into what the network sees: the name of one to the name of the other.
    public func addInput(
        _ name: String, _ tensor: Tensor, isDouble: Bool = false, prepare: (String) -> String = { $0 }
    ) {
        let name = fresh(name)
        let extents = [ONNXExtent.batch(times: 1)] + tensor.shape.extents.dropFirst().map { .fixed($0) }
        let isImage = tensor.shape.rank == 4
        let type: ONNXTensor.Element =
            tensor.dtype == .float32 ? (isDouble ? .float64 : .float32) : .int64
        inputs.append(
            .init(
                name: name, type: type,
                shape: isImage ? [extents[0], extents[3], extents[1], extents[2]] : extents))
        let prepared = prepare(name)
        data[Place(tensor)] = Value(
            shape: extents, name: isImage ? nil : prepared, channelsFirst: isImage ? prepared : nil,
            tensor: tensor)
    }

    public func leaf(_ variable: Variable) {
        attempt(variable) { () throws(ONNXError) in
            let place = Place(variable.value)
            if let known = data[place] ?? numbers[place].flatMap({ values[$0] }) {
                values[variable.index] = known
                return
            }
            let extents = try next(variable)
            let name = try constant(variable, extents)
            values[variable.index] = Value(
                shape: extents, name: name, tensor: variable.value, parameter: variable.parameter)
        }
    }

    /// The name of a constant: that of the parameter which it is, if it is one.
    private func constant(_ variable: Variable, _ extents: [ONNXExtent]) throws(ONNXError) -> String {
        let tensor = variable.value
        if let parameter = variable.parameter {
            return parameter.shape == tensor.shape
                ? add(state: parameter.name, isParameter: true) { Self.constant($0, tensor) }
                : add(named: parameter.name) { Self.constant($0, tensor) }
        }
        guard extents.allSatisfy({ if case .fixed = $0 { true } else { false } }) else {
            throw ONNXError(
                "it computes with numbers \(tensor.shape) that come neither from the data nor from an operation"
            )
        }
        return add { Self.constant($0, tensor) }
    }

    private static func constant(_ name: String, _ tensor: Tensor) -> ONNXTensor {
        switch tensor.dtype {
        case .float32:
            ONNXTensor(
                name, shape: tensor.shape.extents,
                floats: UnsafeBufferPointer(start: tensor.floats, count: tensor.elementCount))
        case .int32:
            ONNXTensor(
                name, shape: tensor.shape.extents,
                integers: (0..<tensor.elementCount).map { Int(tensor.int32s[$0]) })
        case .uint8, .bfloat16:
            brokenContract("ONNXExport: a constant of \(tensor.dtype) elements; trace in float32")
        }
    }

    public func copy(_ copy: Tensor, of original: Tensor) {
        let place = Place(original)
        if let known = data[place] { data[Place(copy)] = known }
        if let number = numbers[place] { numbers[Place(copy)] = number }
        kept.append(copy)
    }

    // MARK: Operations

    public func operation(_ operation: any DifferentiableOperation, inputs: [Int], output: Variable) {
        attempt(output) { () throws(ONNXError) in
            let extents = try next(output)
            guard let exportable = operation as? any ONNXExportable else {
                throw ONNXError(
                    "its operation \(type(of: operation)) has no ONNX operators: it is not ONNXExportable")
            }
            values[output.index] = Value(
                shape: extents, tensor: output.value, producer: (operation, inputs))
            numbers[Place(output.value)] = output.index
            let node = ONNXNode(export: self, inputs: inputs, number: output.index, outputShape: extents)
            try exportable.export(node)
        }
    }

    private func next(_ variable: Variable) throws(ONNXError) -> [ONNXExtent] {
        try shapes.extents(count, variable.shape, samples: samples)
    }

    /// Runs a step of the export; its first failure is kept, with the place in the model.
    private func attempt(_ variable: Variable, _ body: () throws(ONNXError) -> Void) {
        defer { count += 1 }
        guard failure == nil else { return }
        do throws(ONNXError) {
            try body()
        } catch {
            let place = variable.place.isEmpty ? "" : " (\(variable.place.dropFirst()))"
            failure = ONNXError("the network cannot be exported to ONNX\(place): \(error)")
        }
    }

    // MARK: For nodes

    private func value(_ number: Int) -> Value {
        guard let value = values[number] else { brokenContract("ONNXExport: node \(number) is not known") }
        return value
    }

    func shape(_ number: Int) -> [ONNXExtent] { value(number).shape }
    func parameter(_ number: Int) -> Parameter? { value(number).parameter }
    func isChannelsFirst(_ number: Int) -> Bool { value(number).channelsFirst != nil }

    func producer(_ number: Int) -> (operation: any DifferentiableOperation, node: ONNXNode)? {
        let value = value(number)
        return value.producer.map {
            (
                $0.operation,
                ONNXNode(export: self, inputs: $0.inputs, number: number, outputShape: value.shape)
            )
        }
    }

    func set(_ name: String, of number: Int, isChannelsFirst: Bool) {
        if isChannelsFirst {
            values[number]?.channelsFirst = name
        } else {
            values[number]?.name = name
        }
    }

    func name(_ number: Int, isChannelsFirst: Bool) -> String {
        let value = value(number)
        if let name = isChannelsFirst ? value.channelsFirst : value.name { return name }
        guard let other = isChannelsFirst ? value.name : value.channelsFirst, value.shape.count == 4 else {
            brokenContract("ONNXExport: node \(number) \(value.shape) has no name")
        }
        let order = isChannelsFirst ? [0, 3, 1, 2] : [0, 2, 3, 1]
        let name = add("Transpose", [other], [.integers("perm", order)])[0]
        set(name, of: number, isChannelsFirst: isChannelsFirst)
        return name
    }

    func name(of tensor: Tensor) throws(ONNXError) -> String {
        let place = Place(tensor)
        if let name = data[place]?.name { return name }
        guard let number = numbers[place] else {
            throw ONNXError(
                "it reads a tensor \(tensor.shape) that comes neither from the data nor from an operation")
        }
        return name(number, isChannelsFirst: false)
    }

    // MARK: The end

    /// Declares a result of the pass, in the tape's order of dimensions.
    /// - Parameters:
    ///   - name: that of the graph's output.
    ///   - convert: adds operators to the result: its name to the name and type of what comes out.
    /// - Throws: `ONNXError` for what could not be exported until here.
    public func addOutput(
        _ name: String, _ variable: Variable,
        convert: (String) -> (name: String, type: ONNXTensor.Element) = { ($0, .float32) }
    ) throws(ONNXError) {
        if let failure { throw failure }
        let result = convert(self.name(variable.index, isChannelsFirst: false))
        // An operator gives the output the name that is wanted.
        let name = fresh(name)
        nodes.append(
            .init(type: "Identity", name: name, inputs: [result.name], outputs: [name], attributes: []))
        outputs.append(.init(name: name, type: result.type, shape: shape(variable.index)))
    }

    /// The model, without inputs, operators and constants that no output depends on.
    /// - Parameter keepsFunctions: whether functions stand for the operators that they consist of: for other formats than ONNX.
    /// - Throws: `ONNXError` for what could not be exported.
    public func finish(
        name: String, producer: (name: String, version: String), metadata: [(name: String, text: String)],
        keepsFunctions: Bool = false
    ) throws(ONNXError) -> ONNXModel {
        if let failure { throw failure }
        let nodes = keepsFunctions ? nodes.map { functions[$0.outputs[0]] ?? $0 } : nodes
        let needed = Self.reach(nodes, from: outputs.map(\.name))
        return ONNXModel(
            producer: producer, name: name,
            nodes: nodes.filter { $0.outputs.contains(where: needed.contains) },
            constants: constants.filter { needed.contains($0.name) },
            inputs: inputs.filter { needed.contains($0.name) }, outputs: outputs,
            metadata: metadata, stateNames: stateNames)
    }

    /// The names that some results depend on.
    private static func reach(_ nodes: [ONNXModel.Node], from results: [String]) -> Set<String> {
        var needed = Set(results)
        for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
            needed.formUnion(node.inputs)
        }
        return needed
    }
}
