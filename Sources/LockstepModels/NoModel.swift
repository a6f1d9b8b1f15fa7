import LockstepAutograd
import LockstepConfiguration
import LockstepContracts
import LockstepLayers

/// No network, for tasks that build their networks; it has no keys.
public struct NoModel: ModelComponent, Equatable {
    public static var name: String { "none" }
    public static var keys: KeyTable<Self> { KeyTable() }

    /// A configuration.
    public init() {}

    public func check(input: ModelInput) throws(ComponentError) {
        throw ComponentError(
            problem:
                "is for tasks that build their networks themselves, and this task needs a model, such as mlp")
    }

    /// Traps: `check` refuses every input.
    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        brokenContract("NoModel: there is no network to be built")
    }
}
