/// The uses of parameters in a backward pass: the last one makes a gradient final.
extension Tape {
    /// Marks the nodes that the loss depends on, and counts the uses of each parameter.
    func countUses(from loss: Int, store: ParameterStore?) {
        let count = store?.parameters.count ?? 0
        while pendingUses.count < count {
            pendingUses.append(0)
            isWritten.append(false)
        }
        for index in 0..<pendingUses.count {
            pendingUses[index] = 0
            isWritten[index] = false
        }
        nodes[loss].isReached = true
        var index = loss
        while index >= 0 {
            if nodes[index].isReached && nodes[index].requiresGradient {
                for edge in 0..<Int(nodes[index].edgeCount) {
                    let input = inputIndex(index, edge)
                    nodes[input].isReached = true
                    if let parameter = nodes[input].parameter { reserve(parameter) }
                }
            }
            index -= 1
        }
        guard let store, let gradients else { return }
        for parameter in store.parameters
        where isTrained(parameter) && !parameter.isSparse && pendingUses[parameter.index] == 0 {
            (gradients + parameter.offset).update(repeating: 0, count: parameter.elementCount)
            whenReady?(parameter)
        }
    }

    private func reserve(_ parameter: Parameter) {
        while pendingUses.count <= parameter.index {
            pendingUses.append(0)
            isWritten.append(false)
        }
        if isTrained(parameter) { pendingUses[parameter.index] += 1 }
    }
}
