/// The logged values of one training step.
public struct StepRecord: Sendable, Equatable {
    /// Values by name. The names stay the same from step to step.
    public struct Extras: Sendable, Equatable {
        /// The names.
        public let names: [String]
        /// A value for each name.
        public private(set) var values: [Double]

        /// Values that are not known yet.
        public init(_ names: [String] = []) {
            self.names = names
            values = [Double](repeating: .nan, count: names.count)
        }

        /// Sets a value.
        public mutating func set(_ index: Int, _ value: Double) { values[index] = value }
    }

    /// The number of steps done, this one included.
    public var step: Int
    /// The epoch this step belongs to; the first is 1.
    public var epoch: Int
    /// The number of samples seen since the start of training, over all ranks.
    public var samples: Int
    /// The mean loss of the step's samples.
    public var loss: Double
    /// Further values of the step by name, such as `accuracy`; nan for one that is not known yet.
    public var extras: Extras
    /// The learning rate of this step.
    public var learningRate: Double
    /// The norm of the averaged gradient before clipping.
    public var gradientNorm: Double
    /// Samples per second over all ranks since this run (or its resumption) began, evaluation and checkpoints not counted.
    public var samplesPerSecond: Double
    /// Tokens of a text per second; nan for everything else.
    public var tokensPerSecond: Double
    /// How long ranks were busy in the steps since the record before; nil for one rank, and for a step that is not logged.
    public var rankSeconds: RankSeconds?
    /// The time since this run (or its resumption) began, in seconds.
    public var seconds: Double
    /// The same without evaluations and checkpoints; nan where that is not known.
    public var trainingSeconds: Double

    /// Makes a record.
    public init(
        step: Int, epoch: Int, samples: Int, loss: Double, extras: Extras = Extras(), learningRate: Double,
        gradientNorm: Double, samplesPerSecond: Double, tokensPerSecond: Double = .nan,
        rankSeconds: RankSeconds? = nil, seconds: Double,
        trainingSeconds: Double = .nan
    ) {
        self.trainingSeconds = trainingSeconds
        self.step = step
        self.epoch = epoch
        self.samples = samples
        self.loss = loss
        self.extras = extras
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.samplesPerSecond = samplesPerSecond
        self.tokensPerSecond = tokensPerSecond
        self.rankSeconds = rankSeconds
        self.seconds = seconds
    }
}
