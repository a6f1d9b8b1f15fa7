import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepDatasets
import LockstepMetrics
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// Evaluates a set: every sample once, in blocks whose size is part of the configuration.
///
/// The blocks are distributed over the ranks; their sums are merged in block order, so metrics have the same
/// bits on any number of ranks.
package final class Evaluator {
    private let communicator: Communicator
    private let task: any LearningTask
    private let blockSize: Int
    private let tape: Tape
    private let heartbeat: Heartbeat?
    private let beforeBlock: (@Sendable (_ block: Int) -> Void)?

    /// The result of an evaluation.
    package struct Result {
        /// The number of samples.
        package var samples: Int
        /// Loss and metrics.
        package var values: [MetricValue]
        /// Tables and remarks.
        package var report: MetricReport
    }

    /// - Parameter beforeBlock: called before this rank evaluates a block.
    package init(
        communicator: Communicator, task: any LearningTask, blockSize: Int, precision: Precision,
        pool: StoragePool,
        heartbeat: Heartbeat? = nil, beforeBlock: (@Sendable (Int) -> Void)? = nil
    ) {
        self.beforeBlock = beforeBlock
        self.heartbeat = heartbeat
        self.communicator = communicator
        self.task = task
        self.blockSize = blockSize
        tape = Tape(pool: pool, precision: precision)
    }

    /// Evaluates a split. Collective.
    /// - Parameters:
    ///   - version: the version of the parameters, see `DataParallel.parameterVersion`.
    ///   - usesAverages: whether to read the moving averages of parameters.
    ///   - request: the metrics that are needed.
    ///   - flags: the flags of this rank; a flag of any rank ends the evaluation on all. Nil for none.
    /// - Throws: `InterruptedEvaluation`; errors that operations found in the data.
    package func evaluate(
        _ split: EvaluationSplit, version: UInt64, usesAverages: Bool = false, request: MetricRequest,
        flags: (() -> StepFlags)? = nil
    ) throws -> Result {
        try evaluate(
            task, split, version: version, usesAverages: usesAverages, request: request, flags: flags)
    }

    private func evaluate<Task: LearningTask>(
        _ task: Task, _ split: EvaluationSplit, version: UInt64, usesAverages: Bool, request: MetricRequest,
        flags: (() -> StepFlags)?
    ) throws -> Result {
        let blocks = (split.count + blockSize - 1) / blockSize
        var sums = task.makeSums(request)
        let fresh = sums
        var parts = BlockSums(fresh)
        var batch: Batch?
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
            let samples = split.block(block * blockSize..<min(split.count, (block + 1) * blockSize))
            if let failure = split.dataset.failure { throw failure }
            let current = batch ?? Batch(samples, tape: tape)
            batch = current
            current.begin(samples, hasTargets: split.hasTargets)
            tape.begin(mode: .inference, parameterVersion: version, usesAverages: usesAverages)
            try task.evaluate(current, into: &sums)
            if let failure = tape.failure { throw failure }
            heartbeat?.beat()
            parts.take(&sums)
        }
        let total = try parts.merged(sums, fresh: fresh, blocks: blocks, communicator)
        return Result(samples: split.count, values: total.values, report: task.report(total))
    }
}
