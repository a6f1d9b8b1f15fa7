import LockstepCheckpoints
import LockstepConfiguration

extension StateSections {
    /// The step after which the state was written.
    /// - Throws: `CheckpointError.state` if it is missing or invalid.
    public func step() throws(CheckpointError) -> Int {
        let steps = try get("step", as: [Int].self)
        guard steps.count == 1, LegalRange.stepsFromZero.contains(steps[0]) else {
            throw .state(section: "step", reason: "\(steps) is not one number of steps")
        }
        return steps[0]
    }
}
