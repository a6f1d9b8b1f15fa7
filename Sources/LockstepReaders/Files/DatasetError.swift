/// An error in a data file: what happened, where, and what to do about it.
public struct DatasetError: Error, Sendable, Hashable {
    /// What happened, for programs.
    public enum Kind: String, Sendable, Hashable {
        /// There is no such file or folder.
        case missing
        /// The operating system refused to read or write.
        case unreadable
        /// The file ends too early.
        case truncated
        /// A checksum does not match, or the contents are inconsistent.
        case corrupt
        /// The file does not have the expected format, or its format is not supported.
        case format
        /// A value cannot be used: not a number, not finite, missing.
        case value
        /// A class label is not in 0 ..< classes.
        case labelOutOfRange
        /// There are no samples.
        case empty
        /// Two parts of the data do not match.
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
        /// A byte, counted from 0; in a compressed file a byte of the unpacked data, unless the compressed data themselves are damaged.
        case byte(Int)
        /// A sample, counted from 0.
        case sample(Int)
    }

    /// What happened, for programs.
    public var kind: Kind
    /// The path of the file or folder; nil if the error is not in a single file.
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
