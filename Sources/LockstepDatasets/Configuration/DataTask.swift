/// What is predicted.
public enum DataTask: String, Codable, Sendable, Hashable, CaseIterable {
    /// One of a number of classes.
    case classification
    /// One or more numbers.
    case regression
    /// The next token of a text; the data are a text, so no recipe asks for it by name.
    case language

    /// What a recipe can ask for.
    public static var allCases: [DataTask] { [.classification, .regression] }
}
