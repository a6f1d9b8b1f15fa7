/// How a recipe's data are opened.
public struct DatasetRequest: Sendable {
    /// The constants from the training of a network; nil to derive them from the data.
    public var constants: DatasetConstants?
    /// The constants of the run that is resumed; nil for a new run. Everything is derived from the data
    /// again, except for the conversion of numbers to 32 bits, which stays as it was.
    public var earlier: DatasetConstants?
    /// Whether the training data are not needed: a recipe with separate test data then does not read them.
    public var isTestOnly: Bool
    /// The stride of the windows of an evaluated text, in tokens; nil for windows that do not overlap. Ignored
    /// for other data.
    public var evaluationStride: Int?
    /// The cache of decoded data.
    public var cache: DataCache

    /// Makes a request; the default is for training.
    public init(
        constants: DatasetConstants? = nil, earlier: DatasetConstants? = nil, isTestOnly: Bool = false,
        evaluationStride: Int? = nil,
        cache: DataCache = DataCache()
    ) {
        self.constants = constants
        self.earlier = earlier
        self.isTestOnly = isTestOnly
        self.evaluationStride = evaluationStride
        self.cache = cache
    }
}
