/// The losses of the first steps, and the lowest of all later ones.
struct LossTrend {
    /// The loss of the first step.
    private var first = 0.0
    /// The mean of the first steps.
    private var beginning = 0.0
    /// The lowest loss after the first step.
    private var lowest = Double.infinity
    /// The lowest mean of later groups of steps.
    private var lowestMean = Double.infinity
    private var count = 0
    /// The sum of the losses of the present group.
    private var sum = 0.0

    /// The number of steps whose mean is compared, since single losses differ by chance.
    private static let group = 5
    /// Relative differences that rounding can make: sums of the same losses in another order.
    static let rounding = 1e-5
    /// With fewer steps, losses above the first ones can be chance.
    private static let fewestSteps = 50

    /// Adds a step.
    mutating func add(_ loss: Double) {
        count += 1
        if count == 1 { first = loss } else { lowest = min(lowest, loss) }
        sum += loss
        guard count.isMultiple(of: Self.group) else { return }
        let mean = sum / Double(Self.group)
        if count == Self.group { beginning = mean } else { lowestMean = min(lowestMean, mean) }
        sum = 0
    }

    /// The loss at the beginning, if it never fell; nil otherwise.
    ///
    /// That is the mean of the first steps, or the first loss alone if all others are larger and it has multiplied: then the first steps
    /// have large losses, too.
    var unreached: Double? {
        guard count >= Self.fewestSteps, first != 0 else { return nil }
        if lowest >= first, lowestMean > first + first.magnitude { return first }
        return lowestMean >= beginning - Self.rounding * beginning.magnitude ? beginning : nil
    }
}

extension Trainer {
    /// A warning about a run whose loss never fell, and what to try next; nil if it fell, for a run that began with trained parameters or
    /// whose learning rate is 0, and for tasks of several phases, whose losses differ.
    var lossWarning: String? {
        guard plan.entries.count == 1, restoredStep == nil, configuration.initialize == nil,
            let beginning = lossTrend.unreached
        else { return nil }
        let entry = plan.entries[0]
        let tolerance = LossTrend.rounding * beginning.magnitude
        let largest = LearningRateAdvice.largest(entry, steps: totalSteps)
        guard largest > 0 else { return nil }
        return
            "Warning: the training loss was never below that of the first steps, \(LearningRateAdvice.text(beginning)). "
            + LearningRateAdvice.next(
                entry.optimizer, largest: largest, hasGrown: progress.trainLoss > beginning + tolerance)
    }
}
