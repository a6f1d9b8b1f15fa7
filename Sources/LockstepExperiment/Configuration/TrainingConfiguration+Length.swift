extension TrainingConfiguration {
    /// The number of steps of all epochs; `Int.max` without `epochs`, or on overflow.
    package func stepsOfAllEpochs(stepsPerEpoch: Int) -> Int {
        guard let epochs else { return Int.max }
        let (steps, overflow) = epochs.multipliedReportingOverflow(by: stepsPerEpoch)
        return overflow ? Int.max : steps
    }

    /// The number of steps of the whole run.
    package func totalSteps(stepsPerEpoch: Int) -> Int {
        min(stepsOfAllEpochs(stepsPerEpoch: stepsPerEpoch), maxSteps ?? Int.max)
    }
}
