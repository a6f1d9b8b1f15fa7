/// What is predicted.
public enum DataTask: String, Codable, Sendable, Hashable, CaseIterable {
    /// One of a number of classes.
    case classification
    /// One or more numbers.
    case regression
}
