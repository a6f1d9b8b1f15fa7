import LockstepAutograd

/// The length of the final part of a phase's flat gradients during a shard's backward pass.
///
/// Backward finishes parameters about in the flat order, which is the reverse of their registration; whoever is early waits
/// for those before it, so that all ranks publish buckets in one order.
final class ReadyPrefix {
    /// The phase's parameters in the flat order.
    private let parameters: ContiguousArray<Parameter>
    /// By registration number.
    private var isReady: [Bool]
    /// The position in `parameters` of the first one that is not ready.
    private var next = 0
    private let range: Range<Int>

    init(store: ParameterStore, phase: Int) {
        parameters = ContiguousArray(store.parameters.reversed().filter { $0.phase == phase })
        isReady = Array(repeating: false, count: store.parameters.count)
        range = store.phaseRanges[phase]
    }

    /// Forgets everything: a new backward begins.
    func reset() {
        for index in isReady.indices { isReady[index] = false }
        next = 0
    }

    /// Notes that a parameter's gradient is final.
    /// - Returns: the length of the final part at the start of the phase.
    func mark(_ parameter: Parameter) -> Int {
        isReady[parameter.index] = true
        while next < parameters.count, isReady[parameters[next].index] { next += 1 }
        return next == parameters.count ? range.count : parameters[next].offset - range.lowerBound
    }
}
