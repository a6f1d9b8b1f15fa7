/// The loss of the first step, and the lowest of all later ones.
struct LossTrend {
    /// The loss of the first step; nil before it, and in a run that continues another.
    private(set) var first: Double?
    private var lowest = Double.infinity
    private var count = 0

    /// With fewer steps, losses above the first one can be chance.
    private static let fewestSteps = 20

    /// Adds a step.
    mutating func add(_ loss: Double) {
        count += 1
        if count == 1 { first = loss } else if loss < lowest { lowest = loss }
    }

    /// The loss of the first step, if no later one was lower; nil otherwise.
    var unreached: Double? {
        guard let first, count >= Self.fewestSteps, lowest >= first else { return nil }
        return first
    }
}

extension Trainer {
    /// A warning about a run whose loss never fell, and what to try next; nil if it fell, and for tasks of several phases, whose losses
    /// differ.
    var lossWarning: String? {
        guard plan.entries.count == 1, restoredStep == nil, let first = lossTrend.unreached else {
            return nil
        }
        let loss = progress.trainLoss
        return
            "Warning: the training loss was never below that of the first step, \(LearningRateAdvice.text(first)). "
            + LearningRateAdvice.next(plan.entries[0].optimizer, hasGrown: loss > first)
    }
}
