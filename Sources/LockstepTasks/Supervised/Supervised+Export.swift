import LockstepAutograd
import LockstepOperations

extension Classification: ExportableTask {
    /// `logits` and `probabilities`, [n, K].
    public func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        let logits = try network(batch)
        return [ExportedOutput("logits", logits), ExportedOutput("probabilities", softmax(logits))]
    }

    public var exportedClasses: [String] { names.names }
}

extension BinaryClassification: ExportableTask {
    /// `logits`, [n, 1], of the second class, and `probabilities` of both, [n, 2].
    public func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        let logits = try network(batch)
        let both = concatenate(sigmoid(scale(logits, by: -1)), sigmoid(logits), axis: 1)
        return [ExportedOutput("logits", logits), ExportedOutput("probabilities", both)]
    }

    public var exportedClasses: [String] { names.names }
}

extension MultiLabelClassification: ExportableTask {
    /// `logits` and `probabilities`, [n, K].
    public func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        let logits = try network(batch)
        return [ExportedOutput("logits", logits), ExportedOutput("probabilities", sigmoid(logits))]
    }

    public var exportedClasses: [String] { names }
    public var exportsOneClass: Bool { false }
}

extension Regression: ExportableTask {
    /// `predictions`, [n, K], in the units of the data.
    public func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        [
            ExportedOutput(
                "predictions", try network(batch),
                units: units.map { (factor: $0.deviation, offset: $0.mean) })
        ]
    }
}
