import LockstepTesting

typealias CommandResult = ProgramResult

extension ProgramResult {
    /// How many ranks have told an error with these words; the launcher's report of a job's end is none.
    func errors(_ words: String) -> Int {
        output.split(separator: "\n").count { $0.hasPrefix("lockstep: ") && $0.contains(words) }
    }
}
