import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepTasks

/// Evaluations of the validation and test sets.
extension Trainer {
    /// Evaluates the validation split.
    /// - Returns: whether this is the best evaluation so far.
    /// - Throws: `InterruptedEvaluation`, before anything has been recorded.
    func validate() throws -> Bool {
        try requireFiniteState()
        dataParallel.refreshAverages()
        let result = try evaluate(.validation, data.validation)
        validation = result
        return observe(result.values)
    }

    /// Evaluates a split, with the averaged parameters if there are any.
    /// - Parameter isLogged: whether observers are called, which write it to metrics.jsonl and the terminal.
    /// - Throws: `InterruptedEvaluation`, before anything has been recorded.
    private func evaluate(
        _ set: DatasetSplit, _ split: EvaluationSplit, isLogged: Bool = true
    ) throws -> Evaluator.Result {
        // Metrics that store values of every sample are computed only if they are watched.
        let prefix = "\(set.rawValue)_"
        let request = MetricRequest(
            samples: split.count, isComplete: false,
            watched: watched.metric.hasPrefix(prefix) ? String(watched.metric.dropFirst(prefix.count)) : nil)
        let result = try evaluator.evaluate(
            split, version: dataParallel.parameterVersion, usesAverages: dataParallel.hasAverages,
            request: request,
            flags: { self.pendingFlags })
        guard isLogged else { return result }
        for observer in observers { note { try observer.evaluation(set, result.values, observed) } }
        return result
    }

    /// Evaluates the test set at the end of a complete run. If the run was complete when it was resumed, the summary
    /// also needs the validation set, whose last evaluation is in metrics.jsonl already.
    /// - Returns: the result on the test set; nil if there is no test set.
    /// - Throws: `InterruptedEvaluation`.
    func evaluateAtEnd() throws -> Evaluator.Result? {
        if validation == nil, data.validation.count > 0 {
            validation = try evaluate(.validation, data.validation, isLogged: false)
        }
        return data.test.count > 0 ? try evaluate(.test, data.test) : nil
    }
}
