import LockstepFiles

/// A run that cannot be shown, or a picture that cannot be written.
public struct ReportError: Error, CustomStringConvertible, Sendable, Equatable {
    /// What happened, where, and what to do.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }

    /// A file of a run that cannot be read.
    static func unreadable(_ error: FileError) -> ReportError {
        ReportError(
            "\(error.path) cannot be read: \(error.words)"
                + (error.code == 2
                    ? ". Give the directory of a run that has logged a step." : ""))
    }
}
