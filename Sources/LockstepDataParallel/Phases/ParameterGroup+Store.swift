import LockstepAutograd
import LockstepOptimizers

extension ParameterGroup {
    /// The groups of a phase, without its sparse tables: neighbors in the flat order with equal settings form one
    /// group, except for a layer-wise optimizer, which needs a group for each parameter.
    /// - Parameter start: the flat element at which ranges begin.
    static func groups(
        of store: ParameterStore, phase: Int, _ settings: UpdatePhase, from start: Int,
        _ averaging: ParameterAveraging?
    ) -> [ParameterGroup] {
        var groups: [ParameterGroup] = []
        let areJoined = !(settings.optimizer is any LayerwiseOptimizer)
        for parameter in store.parameters.reversed() where parameter.phase == phase && !parameter.isSparse {
            let next = ParameterGroup(of: parameter, settings, from: start, averaging)
            if areJoined, let last = groups.last, last.learningRateFactor == next.learningRateFactor,
                last.weightDecayFactor == next.weightDecayFactor, last.isAveraged == next.isAveraged
            {
                // The gap between two parameters is zero, and updates keep it zero.
                groups[groups.count - 1].range = last.range.lowerBound..<next.range.upperBound
            } else {
                groups.append(next)
            }
        }
        return groups
    }

    /// The group of one parameter.
    init(of parameter: Parameter, _ settings: UpdatePhase, from start: Int, _ averaging: ParameterAveraging?)
    {
        let offset = parameter.offset - start
        self.init(
            range: offset..<offset + parameter.elementCount,
            learningRateFactor: settings.learningRateFactor(parameter),
            weightDecayFactor: settings.weightDecayFactor(parameter),
            isAveraged: averaging?.averages(parameter) ?? false)
    }
}
