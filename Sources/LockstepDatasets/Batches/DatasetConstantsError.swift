/// An invalid value in a data section of a checkpoint.
public struct DatasetConstantsError: Error, Sendable, Hashable {
    /// The name of the value.
    public var name: String
    /// What is wrong.
    public var reason: String

    /// An error of the value with a name.
    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}

extension DatasetConstantsError: CustomStringConvertible {
    public var description: String { "the checkpoint's data constant '\(name)' is invalid: \(reason)" }
}
