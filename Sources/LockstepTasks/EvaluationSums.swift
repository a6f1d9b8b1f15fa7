import LockstepContracts
import LockstepMetrics
import LockstepTensors

/// What a block of an evaluated set contributes: the loss, and the sums of the task's metrics.
package struct EvaluationSums {
    private let task: LearningTask
    private var loss = LossSum()
    /// Integer counts, which may be added in any order: a rank adds those of its blocks. Nil without classes.
    package private(set) var classification: ClassificationSums?
    private var regression: RegressionSums?
    private var language: LanguageSums?

    /// Empty sums.
    /// - Parameter counts: the counts of classes so far; nil for none.
    package init(_ task: LearningTask, counts: ClassificationSums? = nil) {
        self.task = task
        switch task {
        case .classification(let classes): classification = counts ?? ClassificationSums(classes: classes)
        case .binary: classification = counts ?? ClassificationSums(classes: 2)
        case .regression(let outputs): regression = RegressionSums(outputs: outputs)
        case .language: language = LanguageSums()
        }
    }

    /// The sums from `ordered`; counts of classes are zero.
    package init(_ task: LearningTask, ordered doubles: ArraySlice<Double>) {
        self.task = task
        loss = LossSum(doubles: Array(doubles.prefix(2)))
        let rest = Array(doubles.dropFirst(2))
        switch task {
        case .classification, .binary: break
        case .regression(let outputs): regression = RegressionSums(outputs: outputs, doubles: rest)
        case .language: language = LanguageSums(doubles: rest)
        }
    }

    /// Adds the outputs of a block.
    /// - Parameter units: what standardised numbers are multiplied with to be in the data's own units, for each output.
    package mutating func add(
        outputs: Tensor, targets: Tensor, lossSum: Double, weight: Double, units: [Float]
    ) {
        loss.merge(LossSum(sum: lossSum, weight: weight))
        let rows = outputs.shape[0]
        switch task {
        case .classification:
            classification?.add(scores: outputs.floats, labels: targets.int32s, rows: rows)
        case .binary:
            let labels = (0..<rows).map { Float(targets.int32s[$0]) }
            classification?.add(logits: outputs.floats, binaryLabels: labels, rows: rows)
        case .regression:
            func inUnits(_ tensor: Tensor) -> [Float] {
                tensor.floatArray.enumerated().map { $1 * units[$0 % units.count] }
            }
            regression?.add(predictions: inUnits(outputs), targets: inUnits(targets), rows: rows)
        case .language: brokenContract("EvaluationSums: a text's sums are its losses")
        }
    }

    /// Adds the losses of some tokens of a text.
    /// - Parameters:
    ///   - lossSum, weight: of the loss that is trained.
    ///   - nats: the sum of -log p.
    package mutating func add(lossSum: Double, weight: Double, nats: Double, tokens: Int) {
        loss.merge(LossSum(sum: lossSum, weight: weight))
        language?.merge(LanguageSums(nats: nats, tokens: tokens))
    }

    /// Adds the ordered sums of the next block.
    package mutating func mergeOrdered(_ next: EvaluationSums) {
        loss.merge(next.loss)
        if let other = next.regression { regression?.merge(other) }
        if let other = next.language { language?.merge(other) }
    }

    /// The sums of the task's metrics.
    private var metrics: (any MetricSums)? {
        switch task {
        case .classification, .binary: classification
        case .regression: regression
        case .language: language
        }
    }

    /// The sums that must be added in the order of the blocks, since rounding depends on it.
    package var ordered: [Double] { loss.doubles + (regression?.doubles ?? language?.doubles ?? []) }

    /// The metrics: the loss first.
    package var values: [MetricValue] { loss.values + (metrics?.values ?? []) }
}
