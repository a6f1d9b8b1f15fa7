/// The values of a phase that one rank reads for all, after a step of it: every value is read by one rank.
///
/// Elements are counted in the layout of all parameters.
package struct OwnValues {
    /// The parameters after the step.
    package let parameters: UnsafePointer<Float>
    /// The sums of the step's gradients over all shards.
    package let gradients: UnsafePointer<Float>
    /// The factor that makes averages of these sums.
    package let scale: Float
    /// The parameters that this rank reads; bounds are multiples of a chunk.
    package let parameterRanges: [Range<Int>]
    /// The gradients that this rank reads; bounds are multiples of a chunk.
    package let gradientRanges: [Range<Int>]
}

extension DataParallel {
    /// The number of elements of sparse tables that this rank has updated in the last step of the first phase.
    package var updatedRowElementCount: Int { phases[0].tables?.updatedElementCount ?? 0 }

    /// The bytes of the rows of sparse tables that this rank has used in the last step of the first phase, as they are sent to other
    /// ranks.
    package var usedRowByteCount: Int { phases[0].tables?.blockByteCount ?? 0 }

    /// Reads parameters and gradients after an applied step of a phase, before the next step. Collective.
    ///
    /// Gradients are those that the optimizer has received: reduced over all shards, before clipping and before the terms of `l1` and
    /// `l2`. With a sharded optimizer every host reads the gradients of its parts; otherwise the first host reads all. With local
    /// SGD they are those of the first host's samples, as are the parameters between two averages.
    /// Sparse tables have no gradients here.
    package func readValues(ofPhase number: Int, _ body: (OwnValues) -> Void) throws {
        try finishUpdate()
        let (phase, strategy) = (phases[number], strategies[number])
        let (allreduce, start) = (phase.allreduce, phase.range.lowerBound)
        let weight = strategy.weight(of: phase.foldedRecords(0..<configuration.shards))
        func moved(_ ranges: [Range<Int>]) -> [Range<Int>] {
            ranges.map { $0.lowerBound + start..<$0.upperBound + start }
        }
        let slices = allreduce.nodeNumber == 0 ? moved([allreduce.slice]) : []
        let rows = allreduce.nodeNumber == 0 ? phase.tables.map { [$0.ownRange] } ?? [] : []
        body(
            OwnValues(
                parameters: UnsafePointer(memory.parameters), gradients: UnsafePointer(allreduce.sum - start),
                scale: weight > 0 ? Float((phase.topK?.scale ?? 1) / weight) : 0,
                parameterRanges: slices + rows,
                gradientRanges: strategy.hasPartsOfMoments ? moved(allreduce.pieces) : slices))
        // The next step's gradients overwrite these.
        allreduce.nodeBarrier()
    }
}
