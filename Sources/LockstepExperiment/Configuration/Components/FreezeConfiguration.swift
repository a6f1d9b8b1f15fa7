import LockstepConfiguration

/// Frozen parameters: they are neither reduced nor updated, and have no moments.
public struct FreezeConfiguration: Configurable, Equatable {
    /// The names of parameters, or of scopes with all their parameters, such as `hidden`; `*` stands for any characters.
    public var parameters: [String]
    /// The step after which they are trained; nil for never.
    public var until: Int?

    /// A configuration.
    public init(parameters: [String], until: Int? = nil) {
        self.parameters = parameters
        self.until = until
    }

    public init() { self.init(parameters: []) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .texts(
                "parameters", \.parameters,
                "names of parameters, or of scopes with all parameters in them; * stands for any characters",
                default: .required),
            .optionalInteger(
                "until", \.until, .steps, "step after which they are trained like all others; none: never"))
    }

    /// Whether a parameter is frozen in a step, counted from 0.
    package func freezes(_ name: String, step: Int) -> Bool {
        guard step < until ?? .max else { return false }
        return parameters.contains { ParameterPattern($0).fits(name) }
    }
}
