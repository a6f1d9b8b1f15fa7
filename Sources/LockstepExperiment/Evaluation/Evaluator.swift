import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepDatasets
import LockstepLayers
import LockstepMetrics
import LockstepOperations
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// Evaluates a set: every sample once, in blocks of a size that belongs to the experiment.
///
/// The blocks are dealt out to the ranks; their sums are folded in block order, so the metrics have the same bits on any
/// number of ranks.
package final class Evaluator {
    private let communicator: Communicator
    private let model: any Model
    private let loss: LossFunction
    private let task: LearningTask
    private let blockSize: Int
    private let tape: Tape
    private let heartbeat: Heartbeat?
    private let beforeBlock: (@Sendable (_ block: Int) -> Void)?

    /// What an evaluation came to.
    package struct Result {
        /// The number of samples.
        package var samples: Int
        /// Loss and metrics.
        package var values: [MetricValue]
        /// What was counted of a classification.
        package var classification: ClassificationSums?
    }

    package init(
        communicator: Communicator, model: any Model, loss: LossFunction, task: LearningTask, blockSize: Int,
        precision: Precision, pool: StoragePool, heartbeat: Heartbeat? = nil,
        beforeBlock: (@Sendable (Int) -> Void)? = nil
    ) {
        self.beforeBlock = beforeBlock
        self.heartbeat = heartbeat
        self.communicator = communicator
        self.model = model
        self.loss = loss
        self.task = task
        self.blockSize = blockSize
        tape = Tape(pool: pool, precision: precision)
    }

    /// Evaluates a split. Collective.
    /// - Parameters:
    ///   - version: of the parameters, see `DataParallel.parameterVersion`.
    ///   - withScores: whether to keep all logits for the area under the ROC curve.
    ///   - flags: the flags of this rank; a flag of any rank ends the evaluation on all. Nil for none.
    /// - Throws: `InterruptedEvaluation`; errors of operations about the data.
    package func evaluate(
        _ split: EvaluationSplit, version: UInt64, withScores: Bool = false,
        flags: (() -> StepFlags)? = nil
    ) throws -> Result {
        let count = split.count
        let blocks = (count + blockSize - 1) / blockSize
        var sums: [Double] = []
        var counts: ClassificationSums?
        var table = scoreTable
        heartbeat?.enter(.evaluate)
        defer { heartbeat?.enter(.idle) }
        defer { tape.clear() }
        var pauses = flags.map { EvaluationPauses(communicator, flags: $0) }
        let size = communicator.size
        for round in 0..<(blocks + size - 1) / size {
            try pauses?.look(beforeRound: round)
            let block = round * size + communicator.rank
            // In the last round some ranks have no block.
            guard block < blocks else { break }
            beforeBlock?(block)
            let range = block * blockSize..<min(count, (block + 1) * blockSize)
            let batch = split.batch(range)
            tape.begin(mode: .inference, parameterVersion: version)
            let outputs = model.outputs(tape.constant(batch.inputs))
            var part = EvaluationSums(task, counts: counts)
            counts = nil
            if case .language = task {
                for tokens in split.countedTokens(range, context: batch.targets.shape[1]) {
                    addTokens(outputs, batch.targets, tokens, to: &part)
                }
            } else {
                let value = loss(outputs, targets: batch.targets)
                part.add(
                    outputs: outputs.value, targets: batch.targets, lossSum: value.sumValue,
                    weight: value.weight, units: split.targetDeviation)
            }
            if let failure = tape.failure { throw failure }
            heartbeat?.beat()
            sums += part.ordered
            counts = part.classification
            if withScores {
                table?.append(
                    logits: outputs.value.floats, labels: batch.targets.int32s, rows: range.count)
            }
        }
        return try fold(
            sums, counts: counts ?? EvaluationSums(task).classification, blocks: blocks, count: count,
            table: withScores ? table : nil)
    }

    private var scoreTable: ScoreTable? {
        switch task {
        case .classification(let classes): ScoreTable(columns: classes)
        case .binary: ScoreTable(columns: 1)
        case .regression, .language: nil
        }
    }

    /// Adds the losses of some tokens of a block of a text: logits [n, context, vocabulary] and tokens [n, context].
    private func addTokens(
        _ outputs: Variable, _ targets: Tensor, _ range: Range<Int>, to part: inout EvaluationSums
    ) {
        let count = targets.elementCount
        let logits = outputs.value.reshaped(to: Shape(count, outputs.shape[-1]))
        let rows = tape.constant(logits.rows(range))
        let labels = targets.reshaped(to: Shape(count)).rows(range)
        let value = loss(rows, targets: labels)
        let nats =
            loss.isPlainCrossEntropy ? value.sumValue : crossEntropy(rows, labels: labels).sumValue
        part.add(lossSum: value.sumValue, weight: value.weight, nats: nats, tokens: range.count)
    }

    private func fold(
        _ mine: [Double], counts: ClassificationSums?, blocks: Int, count: Int, table: ScoreTable?
    ) throws -> Result {
        let all = try communicator.allGather(mine.withUnsafeBytes { Array($0) }).map { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        }
        var total = EvaluationSums(task, counts: try add(counts))
        let width = total.ordered.count
        for block in 0..<blocks {
            let place = block / communicator.size * width
            total.mergeOrdered(
                EvaluationSums(task, ordered: all[block % communicator.size][place..<place + width]))
        }
        var values = total.values
        if let table {
            // The area is a count of pairs: it does not depend on the order of the samples.
            var merged = ScoreTable(columns: table.columns)
            let logits = try communicator.allGather(table.logits.withUnsafeBytes { Array($0) })
            let labels = try communicator.allGather(table.labels.withUnsafeBytes { Array($0) })
            for (logitPart, labelPart) in zip(logits, labels) {
                let logit = logitPart.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
                let label = labelPart.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
                merged.append(logits: logit, labels: label, rows: label.count)
            }
            if let area = merged.areaUnderROC { values.append(MetricValue("roc_auc", area)) }
        }
        return Result(samples: count, values: values, classification: total.classification)
    }

    /// The sum of the counts of all ranks.
    private func add(_ mine: ClassificationSums?) throws -> ClassificationSums? {
        guard let mine else { return nil }
        let all = try communicator.allGather(mine.doubles.withUnsafeBytes { Array($0) })
        return all.dropFirst().reduce(into: Self.counts(all[0], like: mine)) {
            $0.merge(Self.counts($1, like: mine))
        }
    }

    private static func counts(_ bytes: [UInt8], like mine: ClassificationSums) -> ClassificationSums {
        let doubles = bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        return ClassificationSums(classes: mine.classes, top: mine.top, doubles: doubles)
    }
}

extension EvaluationSplit {
    /// The tokens of windows `range` that are counted, numbered row by row: as few runs of them as there are.
    package func countedTokens(_ range: Range<Int>, context: Int) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for (row, window) in range.enumerated() {
            let begin = row * context + leftOutTokens(ofWindow: window)
            let end = (row + 1) * context
            if let last = runs.last, last.upperBound == begin {
                runs[runs.count - 1] = last.lowerBound..<end
            } else {
                runs.append(begin..<end)
            }
        }
        return runs
    }
}
