/// What is predicted.
public enum DataTask: String, Codable, Sendable, Hashable, CaseIterable {
    /// One of a number of classes.
    case classification
    /// One or more numbers.
    case regression
    /// Several labels per sample, each present or absent.
    case multiLabel = "multi_label"
    /// The next token of a text. Implied by the data, so no recipe names it.
    case language

    /// The tasks that a recipe may name.
    public static var allCases: [DataTask] { [.classification, .regression, .multiLabel] }
}
