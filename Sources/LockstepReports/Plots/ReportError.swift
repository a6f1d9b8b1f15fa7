import LockstepFiles

/// An error for a run that cannot be shown, or an image that cannot be written.
public struct ReportError: Error, CustomStringConvertible, Sendable, Equatable {
    /// What happened, where, and what to do.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }

    /// An error for a file of a run that cannot be read.
    static func unreadable(_ error: FileError) -> ReportError {
        ReportError(
            "\(error.path) cannot be read: \(error.words)"
                + (error.code == 2
                    ? ". Give the directory of a run that has logged at least one step." : ""))
    }
}
