/// What a finished program left behind.
public struct ProgramResult: Sendable {
    /// The exit status; 128 + n when signal n ended it.
    public var status: Int32
    /// Standard output and standard error, as they came.
    public var output: String
    /// Whether the time limit ended it.
    public var timedOut: Bool

    /// A result.
    public init(status: Int32, output: String, timedOut: Bool = false) {
        self.status = status
        self.output = output
        self.timedOut = timedOut
    }

    /// The last lines, for messages.
    public var tail: String { output.split(separator: "\n").suffix(12).joined(separator: "\n") }
}
