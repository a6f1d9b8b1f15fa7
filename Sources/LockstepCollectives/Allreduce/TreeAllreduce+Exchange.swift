import CKernels
import LockstepTimeline

extension TreeAllreduce {
    /// Publishes this rank's gradients before `end`, which are final in the buffer of its last shard:
    /// complete buckets begin to travel between hosts. Call it during the backward pass of the rank's last
    /// shard, with ascending `end`.
    /// - Returns: the time this took in nanoseconds, which is not part of the backward pass.
    @discardableResult
    public func publish(before end: Int) -> UInt64 {
        guard let between else { return 0 }
        let whole = between.wholeBuckets(before: end)
        guard whole > published else { return 0 }
        let begin = StepTimeline.now
        let phase = timeline?.phase
        timeline?.begin(.reduce)
        addLast(published..<whole)
        published = whole
        between.publish(before: whole, isLast: false)
        if let phase { timeline?.begin(phase) }
        return StepTimeline.now - begin
    }

    /// Sums gradients and statistics, and exchanges records and hashes. Every rank calls it once per step.
    ///
    /// Afterwards `sum` holds the totals of this rank's slice, `statisticsSum` holds all statistics, the
    /// records of all shards can be read, and `squareSum` can be called. If hosts hold sums in parts
    /// (`isInParts`), `sum` holds only those of `pieces`, and `deliver` must follow. No rank returns before
    /// all ranks have finished their backward passes.
    public func exchange() throws(CollectiveError) {
        timeline?.begin(.reduce)
        addLast(published..<gradientCount + statisticsCount)
        timeline?.begin(.wait)
        guard let between else {
            barrier.wait()
            sumOnHost(program, plan.program.count)
            return
        }
        between.publish(before: gradientCount, isLast: true)
        if settings.placement == .ownGradients {
            barrier.wait()
            timeline?.begin(.reduce)
            between.local.reduceLocally(slice, squareSums: squareSums)
            timeline?.begin(.wait)
        }
        try between.finish(hash: parameterHash)
        barrier.wait()
        if isInParts {
            try between.exchangeSquares(squareSums)
            barrier.wait()
        }
        published = 0
        between.begin()
        timeline?.begin(.other)
    }

    private func sumOnHost(_ program: UnsafePointer<Int32>, _ length: Int) {
        timeline?.begin(.reduce)
        lockstep_tree_reduce_squares(
            sum, sources, program, length, slice.lowerBound, slice.upperBound, squareSums)
        lockstep_tree_reduce(
            total, sources, program, length, statisticsSlice.lowerBound, statisticsSlice.upperBound)
        timeline?.begin(.wait)
        barrier.wait()
        timeline?.begin(.other)
    }

    /// Adds up buffers after this rank's last shard.
    private func addLast(_ range: Range<Int>) {
        let last = foldSteps[foldSteps.count - 1]
        if last.additions > 0 { add(last, range) }
    }
}
