/// What is wrong with a data file: what happened, where, and what to do about it.
public struct DatasetError: Error, Sendable, Hashable {
    /// What happened, for programs.
    public enum Kind: String, Sendable, Hashable {
        /// There is no such file or folder.
        case missing
        /// The system refused to read or write.
        case unreadable
        /// The file ends too early.
        case truncated
        /// Checksums or codes contradict each other.
        case corrupt
        /// The file is not of the format that is expected, or of a kind that is not supported.
        case format
        /// A value cannot be used: not a number, not finite, missing.
        case value
        /// A class label is not in 0 ..< classes.
        case labelOutOfRange
        /// There are no samples.
        case empty
        /// Two parts of the data do not belong together.
        case mismatch
        /// It does not fit into memory.
        case tooLarge
    }

    /// Where in a file.
    public enum Place: Sendable, Hashable {
        /// The file as a whole.
        case file
        /// A line, counted from 1.
        case line(Int)
        /// A byte, counted from 0; in a compressed file of what was unpacked, unless the compressed data themselves are wrong.
        case byte(Int)
        /// A sample, counted from 0.
        case sample(Int)
    }

    /// What happened, for programs.
    public var kind: Kind
    /// The path of the file or folder; nil when the mistake is in no one file.
    public var file: String?
    /// Where in the file.
    public var place: Place
    /// What happened, for people.
    public var problem: String
    /// What to do about it.
    public var advice: String

    /// An error at a place in a file.
    public init(_ kind: Kind, _ file: String?, _ place: Place, _ problem: String, advice: String) {
        self.kind = kind
        self.file = file
        self.place = place
        self.problem = problem
        self.advice = advice
    }

    /// An error of a file as a whole.
    public init(_ kind: Kind, _ file: String?, _ problem: String, advice: String) {
        self.init(kind, file, .file, problem, advice: advice)
    }
}

extension DatasetError: CustomStringConvertible {
    public var description: String {
        let name = file ?? "data"
        let location =
            switch place {
            case .file: name
            case .line(let line): "\(name):\(line)"
            case .byte(let byte): "\(name), byte \(byte)"
            case .sample(let sample): "\(name), sample \(sample)"
            }
        return "\(location): \(problem); \(advice)"
    }
}
