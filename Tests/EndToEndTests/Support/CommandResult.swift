import LockstepTesting

typealias CommandResult = ProgramResult

extension ProgramResult {
    /// The number of ranks that printed an error with this text; the launcher's report does not count.
    func errors(_ words: String) -> Int {
        output.split(separator: "\n").count {
            $0.contains(words) && $0.prefixMatch(of: #/[A-Za-z]+: /#) != nil && !$0.hasPrefix("launch: ")
        }
    }
}
