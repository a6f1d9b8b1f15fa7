import LockstepConfiguration
import LockstepTokens

/// A data set that a run file can name; its configuration opens the data.
public protocol DataComponent: Component {
    /// Opens the data.
    /// - Throws: the errors of reading the files; `DatasetConstantsError` for invalid constants.
    func open(_ request: DatasetRequest) throws -> any Dataset

    /// The fields of the samples as far as they are known without files, from the constants of a trained network:
    /// they are needed to build a network. Nil, the default, opens the data instead.
    func schema(of constants: DatasetConstants) throws -> BatchSchema?

    /// How the only input field is computed from the numbers of the data, from the constants of a trained network:
    /// an exported network does the same. By default, the preparation of samples whose statistics are in the constants, as built-in data
    /// store them; nil if the inputs of an exported network are those that `Dataset.write` writes.
    func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation?

    /// Converts texts to the tokens of a trained language model; by default, with the tokenizer in the constants.
    /// - Parameter vocabulary: the number of different tokens.
    func tokenizer(of constants: DatasetConstants, vocabulary: Int) throws -> (any Tokenizer)?

    /// The files that every host of a run needs; none by default.
    var files: [String] { get throws }

    /// Whether a part of the training data is held back for validation; true by default.
    var hasValidation: Bool { get }

    /// The name of the default task; nil if that is only known after the data are opened.
    var taskName: String? { get }

    /// The default number of samples that are evaluated at once; 500 unless overridden.
    var evaluationBlock: Int { get }

    /// The keys of test inputs, and of their targets in other files; nil, the default, for data whose samples come with their targets.
    static var testKeys: TestKeys? { get }

    /// The keys of validation inputs, and of their targets in other files; nil, the default, as for `testKeys`.
    static var validationKeys: TestKeys? { get }

    /// The number of tokens in a window, for data whose evaluated windows may overlap; nil, the default, for data without windows.
    var context: Int? { get }
}

extension DataComponent {
    public func schema(of constants: DatasetConstants) throws -> BatchSchema? { nil }
    public func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation? {
        try constants.ofSamples().map { InputPreparation($0) }
    }
    public func tokenizer(
        of constants: DatasetConstants, vocabulary: Int
    ) throws -> (any Tokenizer)? {
        try constants.tokenizer(vocabulary: vocabulary)
    }
    public var files: [String] { get throws { [] } }
    public var hasValidation: Bool { true }
    public var taskName: String? { nil }
    public var evaluationBlock: Int { 500 }
    public var context: Int? { nil }
    public static var testKeys: TestKeys? { nil }
    public static var validationKeys: TestKeys? { nil }
}
