import LockstepTensors

/// A position in the tree of names: layers register their parameters in the scope that they receive.
///
/// ```swift
/// let scope = store.root
/// let first = Linear(scope["blocks"][3]["first"], inputs: 784, outputs: 256)   // blocks.3.first.weight
/// ```
public struct ParameterScope {
    /// The store of the parameters.
    public let store: ParameterStore
    /// The path, joined by dots; empty at the root.
    public let path: String

    /// The scope of a named part.
    public subscript(name: String) -> ParameterScope {
        ParameterScope(store: store, path: path.isEmpty ? name : path + "." + name)
    }

    /// The scope of a numbered part.
    public subscript(number: Int) -> ParameterScope { self[String(number)] }

    /// Registers a parameter. Traps on a duplicate name.
    /// - Parameter isSparse: whether it is a table whose gradients have only the rows that a batch uses. Passes may
    ///   only look rows up in it (`embedding`).
    public func parameter(
        _ name: String, shape: Shape, role: ParameterRole, isSparse: Bool = false,
        initializer: @escaping ParameterInitializer
    ) -> Parameter {
        store.register(
            name: self[name].path, shape: shape, role: role, isSparse: isSparse, initializer: initializer)
    }

    /// Registers the running statistics of a batch normalization.
    public func runningStatistics(channels: Int, momentum: Float) -> RunningStatistics {
        store.registerStatistics(path: path, channels: channels, momentum: momentum)
    }

    /// A number for a layer with random draws (dropout), as part of the key.
    public func randomLayerNumber() -> UInt64 { store.nextRandomLayer() }
}
