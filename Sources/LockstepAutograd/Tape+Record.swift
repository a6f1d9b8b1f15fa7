import LockstepTensors

extension Tape {
    /// Records an operation of one input.
    public func record<Operation: DifferentiableOperation>(
        _ operation: Operation, inputs a: Variable, output: Tensor
    ) -> Variable {
        begin(a)
        return finish(edgeCount: 1, output)
    }

    /// Records an operation of two inputs.
    public func record<Operation: DifferentiableOperation>(
        _ operation: Operation, inputs a: Variable, _ b: Variable, output: Tensor
    ) -> Variable {
        begin(a)
        begin(b)
        return finish(edgeCount: 2, output)
    }

    /// Records an operation of three inputs.
    public func record<Operation: DifferentiableOperation>(
        _ operation: Operation, inputs a: Variable, _ b: Variable, _ c: Variable, output: Tensor
    ) -> Variable {
        begin(a)
        begin(b)
        begin(c)
        return finish(edgeCount: 3, output)
    }

    /// Records an operation of five inputs.
    public func record<Operation: DifferentiableOperation>(
        _ operation: Operation, inputs a: Variable, _ b: Variable, _ c: Variable, _ d: Variable,
        _ e: Variable,
        output: Tensor
    ) -> Variable {
        begin(a)
        begin(b)
        begin(c)
        begin(d)
        begin(e)
        return finish(edgeCount: 5, output)
    }

    /// Records an operation of any number of inputs.
    public func record<Operation: DifferentiableOperation>(
        _ operation: Operation, inputs: [Variable], output: Tensor
    ) -> Variable {
        for input in inputs { begin(input) }
        return finish(edgeCount: inputs.count, output)
    }
}
