/// How a recipe's data are opened.
public struct DatasetRequest: Sendable {
    /// What the training split of a trained network decided; nil to derive it from the data.
    public var constants: DatasetConstants?
    /// What the training split had decided when a run that is resumed was last here. Everything is derived from the data
    /// again; only numbers are converted to 32 bits as before. Nil for a new run.
    public var earlier: DatasetConstants?
    /// Whether the training data are not needed: then a recipe with test data of its own does not read them.
    public var isTestOnly: Bool
    /// How far each window of an evaluated text moves on, in tokens; nil for windows that do not overlap. Of no meaning
    /// for other data.
    public var evaluationStride: Int?
    /// Where decoded data are kept.
    public var cache: DataCache

    /// A request; by default for training.
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
