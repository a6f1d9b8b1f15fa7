import LockstepAutograd
import LockstepOptimizers

extension ParameterGroup {
    /// The groups of a model: neighbours in the flat order that are updated alike are one group.
    static func groups(of store: ParameterStore) -> [ParameterGroup] {
        var groups: [ParameterGroup] = []
        for parameter in store.parameters.reversed() {
            let next = ParameterGroup(
                range: parameter.offset..<parameter.offset + parameter.elementCount,
                learningRateFactor: parameter.learningRateFactor, isFrozen: parameter.isFrozen)
            if let last = groups.last, last.learningRateFactor == next.learningRateFactor,
                last.isFrozen == next.isFrozen
            {
                // The gap between two parameters is zero, and every update keeps it so.
                groups[groups.count - 1].range = last.range.lowerBound..<next.range.upperBound
            } else {
                groups.append(next)
            }
        }
        return groups
    }
}
