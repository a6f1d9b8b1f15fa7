import LockstepAutograd

/// The length of the prefix of a phase's flat gradients that is final during a shard's backward pass.
///
/// Backward finishes parameters approximately in flat order, the reverse of their registration. An early one
/// waits for those before it, so that all ranks publish buckets in the same order.
final class ReadyPrefix {
    /// The phase's parameters in the flat order, without sparse tables.
    private let parameters: ContiguousArray<Parameter>
    /// Whether each parameter is ready, by registration number.
    private var isReady: [Bool]
    /// The position in `parameters` of the first one that is not ready.
    private var next = 0
    private let range: Range<Int>

    init(store: ParameterStore, phase: Int) {
        parameters = ContiguousArray(
            store.parameters.reversed().filter { $0.phase == phase && !$0.isSparse })
        isReady = Array(repeating: false, count: store.parameters.count)
        range = store.phaseRanges[phase]
    }

    /// Starts a new backward pass.
    func reset() {
        for index in isReady.indices { isReady[index] = false }
        next = 0
    }

    /// Marks a parameter's gradient as final.
    /// - Returns: the length of the final prefix.
    func mark(_ parameter: Parameter) -> Int {
        isReady[parameter.index] = true
        while next < parameters.count, isReady[parameters[next].index] { next += 1 }
        return next == parameters.count ? range.count : parameters[next].offset - range.lowerBound
    }
}
