/// What is predicted.
public enum DataTask: String, Codable, Sendable, Hashable, CaseIterable {
    /// One of a number of classes.
    case classification
    /// One or more numbers.
    case regression
    /// Which of a number of labels a sample has: any number of them.
    case multiLabel = "multi_label"
    /// The next token of a text; the data are a text, so no recipe asks for it by name.
    case language

    /// What a recipe can ask for.
    public static var allCases: [DataTask] { [.classification, .regression, .multiLabel] }
}
