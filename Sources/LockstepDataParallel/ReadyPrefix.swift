import LockstepAutograd

/// Up to where the flat gradients of a shard are final during backward.
///
/// Backward finishes parameters about in the flat order, which is the reverse of their registration; whoever is early waits
/// for those before it, so that all ranks publish buckets in one order.
final class ReadyPrefix {
    private let store: ParameterStore
    /// By registration number.
    private var isReady: [Bool]
    /// The first parameter in the flat order, by registration number, that is not ready; -1 when all are.
    private var next: Int

    init(store: ParameterStore) {
        self.store = store
        isReady = Array(repeating: false, count: store.parameters.count)
        next = isReady.count - 1
    }

    /// Forgets everything: a new backward begins.
    func reset() {
        for index in isReady.indices { isReady[index] = false }
        next = isReady.count - 1
    }

    /// Notes that a parameter's gradient is final.
    /// - Returns: the length of the stretch at the start of the flat buffer that is final.
    func mark(_ parameter: Parameter) -> Int {
        isReady[parameter.index] = true
        while next >= 0, isReady[next] { next -= 1 }
        return next < 0 ? store.flatCount : store.parameters[next].offset
    }
}
