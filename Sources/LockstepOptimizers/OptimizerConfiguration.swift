/// Which optimizer a run uses, and its constants; the defaults are PyTorch's.
public enum OptimizerConfiguration: Codable, Sendable, Hashable {
    case sgd(SGD.Configuration)
    case adam(Adam.Configuration)
    case adamW(Adam.Configuration)
    case rmsProp(RMSprop.Configuration)
    case adagrad(Adagrad.Configuration)

    /// The learning rate that schedules start from.
    public var learningRate: Double {
        switch self {
        case .sgd(let configuration): configuration.learningRate
        case .adam(let configuration), .adamW(let configuration): configuration.learningRate
        case .rmsProp(let configuration): configuration.learningRate
        case .adagrad(let configuration): configuration.learningRate
        }
    }

    /// Checks every value against its legal range.
    public func validate() throws(OptimizerError) {
        switch self {
        case .sgd(let configuration): try configuration.validate()
        case .adam(let configuration), .adamW(let configuration): try configuration.validate()
        case .rmsProp(let configuration): try configuration.validate()
        case .adagrad(let configuration): try configuration.validate()
        }
    }

    /// The optimizer.
    public func make() -> any Optimizer {
        switch self {
        case .sgd(let configuration): SGD(configuration)
        case .adam(let configuration): Adam(configuration)
        case .adamW(let configuration): Adam(configuration, decoupled: true)
        case .rmsProp(let configuration): RMSprop(configuration)
        case .adagrad(let configuration): Adagrad(configuration)
        }
    }
}
