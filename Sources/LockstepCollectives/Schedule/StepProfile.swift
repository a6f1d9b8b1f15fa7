/// The times of one rank's step without communication: when its passes read parameters and finish gradients.
///
/// All times are in seconds, ranges are those of the flat gradients.
package struct StepProfile: Sendable {
    /// The time of the forward pass.
    package var forward: Double
    /// The time of the backward pass.
    package var backward: Double
    /// The rest of a step: waiting for data, and the update.
    package var rest: Double
    /// The relative standard deviation of the step's time between steps.
    package var deviation: Double
    /// The floating-point operations of its matrix products; 0 if unknown.
    package var operations: Double
    /// The bytes of the rows of sparse tables that the rank sends to all others; 0 without such tables.
    package var rowByteCount: Int
    /// The time from the start of the forward pass to the first read of each parameter.
    package var reads: [(range: Range<Int>, seconds: Double)]
    /// The time from the start of the backward pass until each gradient is final.
    package var finishes: [(range: Range<Int>, seconds: Double)]

    package init(
        forward: Double, backward: Double, rest: Double, deviation: Double = 0, operations: Double = 0,
        rowByteCount: Int = 0, reads: [(range: Range<Int>, seconds: Double)],
        finishes: [(range: Range<Int>, seconds: Double)]
    ) {
        self.forward = forward
        self.backward = backward
        self.rest = rest
        self.deviation = deviation
        self.operations = operations
        self.rowByteCount = rowByteCount
        self.reads = reads
        self.finishes = finishes
    }

    /// The time of a step.
    package var step: Double { forward + backward + rest }

    /// The same step on a rank that computes `factor` times as fast.
    package func faster(by factor: Double) -> StepProfile {
        StepProfile(
            forward: forward / factor, backward: backward / factor, rest: rest / factor, deviation: deviation,
            operations: operations, rowByteCount: rowByteCount,
            reads: reads.map { ($0.range, $0.seconds / factor) },
            finishes: finishes.map { ($0.range, $0.seconds / factor) })
    }

    /// When the forward pass first reads a parameter of a range: it waits for all of the range before.
    package func read(of range: Range<Int>) -> Double {
        var first = forward
        for entry in reads where entry.range.overlaps(range) { first = min(first, entry.seconds) }
        return first
    }

    /// When all gradients before `end` are final in the backward pass.
    package func finish(before end: Int) -> Double {
        var last = 0.0
        for entry in finishes where entry.range.lowerBound < end { last = max(last, entry.seconds) }
        return min(last, backward)
    }
}
