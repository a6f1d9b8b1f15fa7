import LockstepContracts
import LockstepTensors

/// The destinations of the gradients of an operation's inputs during backward.
extension Tape {
    func destination(of index: Int) -> GradientDestination {
        if let parameter = nodes[index].parameter {
            return parameterDestination(parameter, nodes[index].shape)
        }
        if let gradient = nodes[index].gradient {
            if nodes[index].ownsGradient { return GradientDestination(tensor: gradient, accumulates: true) }
            let own = pool.tensor(nodes[index].shape, nodes[index].dtype)
            own.copy(from: gradient)
            nodes[index].gradient = own
            nodes[index].ownsGradient = true
            return GradientDestination(tensor: own, accumulates: true)
        }
        let tensor = pool.tensor(nodes[index].shape, nodes[index].dtype)
        nodes[index].gradient = tensor
        nodes[index].ownsGradient = true
        return GradientDestination(tensor: tensor, accumulates: false)
    }

    func write(to index: Int, _ body: (Tensor) -> Void) {
        if nodes[index].parameter == nil, let shared = nodes[index].gradient, !nodes[index].ownsGradient {
            // Another variable shares this gradient: add it to new memory instead of changing it.
            let own = pool.tensor(nodes[index].shape, nodes[index].dtype)
            body(own)
            own.accumulate(shared)
            nodes[index].gradient = own
            nodes[index].ownsGradient = true
            return
        }
        let destination = destination(of: index)
        guard destination.accumulates else { return body(destination.tensor) }
        let temporary = pool.tensor(destination.tensor.shape, destination.tensor.dtype)
        body(temporary)
        destination.tensor.accumulate(temporary)
    }

    private func parameterDestination(_ parameter: Parameter, _ shape: Shape) -> GradientDestination {
        guard let gradients else { brokenContract("Tape: no gradient buffer for \(parameter.name)") }
        contract(
            !parameter.isSparse,
            "\(parameter.name) is a sparse table, which can only be read by `embedding`: register it without `isSparse`"
        )
        let view = gradientView(parameter, gradients)
        let accumulates = isWritten[parameter.index]
        isWritten[parameter.index] = true
        return GradientDestination(tensor: view.reshaped(to: shape), accumulates: accumulates)
    }

    /// The sparse table behind a variable; nil for any other variable.
    func sparseTable(_ index: Int) -> Parameter? {
        guard let parameter = nodes[index].parameter, parameter.isSparse else { return nil }
        return parameter
    }

    private func gradientView(_ parameter: Parameter, _ gradients: UnsafeMutablePointer<Float>) -> Tensor {
        let start = UnsafeMutableRawPointer(gradients)
        let offset = parameter.offset * 4
        for storage in gradientStorages where storage.address == start {
            return Tensor(storage: storage, byteOffset: offset, shape: parameter.shape, dtype: .float32)
        }
        // The length of the buffer is unknown here; a view of a parameter stays within the flat buffer.
        let storage = Storage(viewing: start, byteCount: Int.max)
        gradientStorages.append(storage)
        return Tensor(storage: storage, byteOffset: offset, shape: parameter.shape, dtype: .float32)
    }

    func passThrough(to index: Int, _ gradient: Tensor) {
        if nodes[index].parameter == nil && nodes[index].gradient == nil {
            nodes[index].gradient = gradient.reshaped(to: nodes[index].shape)
            nodes[index].ownsGradient = false
            return
        }
        let destination = destination(of: index)
        if destination.accumulates {
            destination.tensor.accumulate(gradient)
        } else {
            destination.tensor.convert(from: gradient)
        }
    }

    /// The inputs of an operation whose gradients do not share the memory of another gradient: for a recorder.
    func writtenGradients(of node: Int) -> [Int] {
        (0..<Int(nodes[node].edgeCount)).map { inputIndex(node, $0) }.filter { input in
            nodes[input].requiresGradient
                && (nodes[input].parameter != nil
                    || nodes[input].gradient != nil && nodes[input].ownsGradient)
        }
    }
}
