import LockstepContracts
import LockstepTensors

/// The parameters and running statistics of a model, in registration order.
///
/// Parameters lie in one flat buffer: first those of each phase of training, in order of phases, then the
/// frozen ones, and last the sparse tables, in the same order. A phase begins at a multiple of `chunk`. Within
/// it, parameters lie in reverse registration order, each at a multiple of 16 floats (64 bytes), with zeros in
/// the gaps. Gradients and optimizer moments of a phase have the same layout; sparse tables have no flat
/// gradients. A shard's statistics follow its gradients. The caller provides the memory (`bind`), so that the
/// ranks of a host can share it.
public final class ParameterStore {
    /// The number of floats in a chunk, the unit of counting, reducing and slicing.
    public static let chunk = 4096

    /// The parameters in registration order.
    public private(set) var parameters: ContiguousArray<Parameter> = []
    /// The running statistics in registration order.
    public private(set) var statistics: ContiguousArray<RunningStatistics> = []
    /// The length of the flat buffer in floats: a multiple of `chunk`, at least one chunk.
    public private(set) var flatCount = 0
    /// The length of the flat buffer before the sparse tables: a multiple of `chunk`.
    public private(set) var denseCount = 0
    /// The range of the flat buffer of each phase, without sparse tables; bounds are multiples of `chunk`.
    public private(set) var phaseRanges: [Range<Int>] = []
    /// The range of the flat buffer of each phase's sparse tables; bounds are multiples of `chunk`.
    public private(set) var sparseRanges: [Range<Int>] = []
    /// The length of a step's statistics in floats: a multiple of 16; 0 without batch normalization.
    public private(set) var statisticsCount = 0
    /// The size of the running statistics in bytes.
    public private(set) var stateByteCount = 0

    private var names: Set<String> = []
    private var randomLayers: UInt64 = 0
    private var isLaidOut = false
    private var ownMemory: [Storage] = []

    /// An empty store.
    public init() {}

    /// The root scope, with an empty path.
    public var root: ParameterScope { ParameterScope(store: self, path: "") }

    /// The number of trainable elements.
    public var parameterElementCount: Int { parameters.reduce(0) { $0 + $1.elementCount } }

    func register(
        name: String, shape: Shape, role: ParameterRole, isSparse: Bool,
        initializer: @escaping ParameterInitializer
    ) -> Parameter {
        contract(
            !isSparse || shape.rank == 2,
            "ParameterStore: the sparse table \(name) needs a shape [entries, width], not \(shape)")
        contract(!isLaidOut, "ParameterStore: \(name) is registered after the layout was fixed")
        contract(names.insert(name).inserted, "ParameterStore: two parameters are named \(name)")
        let parameter = Parameter(
            name: name, shape: shape, role: role, index: parameters.count, isSparse: isSparse,
            initializer: initializer)
        parameters.append(parameter)
        return parameter
    }

    func registerStatistics(path: String, channels: Int, momentum: Float) -> RunningStatistics {
        contract(!isLaidOut, "ParameterStore: statistics of \(path) come after the layout was fixed")
        contract(
            names.insert(path + ".running_mean").inserted, "ParameterStore: two statistics are named \(path)")
        let entry = RunningStatistics(path: path, channels: channels, momentum: momentum)
        statistics.append(entry)
        return entry
    }

    func nextRandomLayer() -> UInt64 {
        randomLayers += 1
        return randomLayers
    }

    /// Assigns each parameter to a phase, and sets offsets and lengths; call it after building the model.
    ///
    /// May be called again to reassign parameters; memory must then be bound again (`DataParallel.reassign`
    /// does both).
    /// - Parameter phase: the phase of a parameter, from 0; nil for a frozen one. By default all are of phase
    ///   0.
    public func layOut(phases phaseCount: Int = 1, phase: (Parameter) -> Int? = { _ in 0 }) {
        isLaidOut = true
        var offset = 0
        phaseRanges = []
        sparseRanges = []
        for parameter in parameters { parameter.phase = phase(parameter) }
        for number in 0..<phaseCount {
            let begin = offset
            place(number, isSparse: false, from: &offset)
            offset = max(begin + ParameterStore.chunk, offset)
            phaseRanges.append(begin..<offset)
        }
        place(nil, isSparse: false, from: &offset)
        denseCount = offset
        for number in 0..<phaseCount {
            let begin = offset
            place(number, isSparse: true, from: &offset)
            sparseRanges.append(begin..<offset)
        }
        place(nil, isSparse: true, from: &offset)
        flatCount = offset
        layOutStatistics()
    }

    /// Sets the offsets of a phase's parameters, and ends at a multiple of `chunk`.
    private func place(_ phase: Int?, isSparse: Bool, from offset: inout Int) {
        for parameter in parameters.reversed()
        where parameter.phase == phase && parameter.isSparse == isSparse {
            parameter.offset = offset
            offset = rounded(offset + parameter.elementCount, to: 16)
        }
        offset = rounded(offset, to: ParameterStore.chunk)
    }

    private func layOutStatistics() {
        var statisticsEnd = 0
        stateByteCount = 0
        for entry in statistics {
            entry.statisticsOffset = statisticsEnd
            statisticsEnd = rounded(statisticsEnd + entry.statisticsCount, to: 16)
            stateByteCount += RunningMemory(channels: entry.channels).byteCount
        }
        statisticsCount = statisticsEnd
    }

    /// Binds memory: `flatCount` floats and `stateByteCount` bytes, both 64-byte aligned. Passes in mixed
    /// precision need `rounded`, `denseCount` bfloat16 numbers; call `refreshRounded` after changing
    /// parameters. `averages` are `denseCount` floats for moving averages, `roundedAverages` as many bfloat16
    /// numbers for mixed precision. Sparse tables have neither. The caller keeps the memory alive as long as the store. Contents are
    /// unchanged.
    public func bind(
        parameters flat: UnsafeMutablePointer<Float>, state: UnsafeMutableRawPointer?,
        rounded: UnsafeMutablePointer<UInt16>? = nil, averages: UnsafeMutablePointer<Float>? = nil,
        roundedAverages: UnsafeMutablePointer<UInt16>? = nil
    ) {
        contract(isLaidOut, "ParameterStore: bind before layOut")
        for parameter in parameters {
            parameter.storage = view(parameter, flat, .float32)
            guard !parameter.isSparse else { continue }
            parameter.rounded = rounded.map { view(parameter, $0, .bfloat16) }
            parameter.averageStorage = averages.map { view(parameter, $0, .float32) }
            parameter.roundedAverage = roundedAverages.map { view(parameter, $0, .bfloat16) }
        }
        var next = state
        for entry in statistics {
            guard let start = next else { brokenContract("ParameterStore: no memory for statistics") }
            let layout = RunningMemory(channels: entry.channels)
            entry.memory = start.assumingMemoryBound(to: Float.self)
            entry.counter = (start + layout.counterOffset).assumingMemoryBound(to: Int64.self)
            next = start + layout.byteCount
        }
    }

    /// The view of a parameter in a buffer with the layout of the parameters.
    private func view<Element>(
        _ parameter: Parameter, _ buffer: UnsafeMutablePointer<Element>, _ type: DType
    ) -> Tensor {
        let part = Storage(
            viewing: buffer + parameter.offset, byteCount: parameter.elementCount * type.byteCount)
        return Tensor(storage: part, byteOffset: 0, shape: parameter.shape, dtype: type)
    }

    /// Lays out the parameters and binds newly allocated memory: for one process without data parallelism,
    /// and for tests.
    /// - Parameter precision: the precision of later passes.
    public func allocate(precision: Precision = .float32) {
        if !isLaidOut { layOut() }
        let flat = Storage(byteCount: flatCount * 4)
        let state = Storage(byteCount: max(64, stateByteCount))
        let rounded = precision == .bfloat16 ? Storage(byteCount: denseCount * 2) : nil
        ownMemory = [flat, state] + (rounded.map { [$0] } ?? [])
        let floats = flat.address.assumingMemoryBound(to: Float.self)
        floats.update(repeating: 0, count: flatCount)
        bind(
            parameters: floats, state: state.address,
            rounded: rounded?.address.assumingMemoryBound(to: UInt16.self))
    }

    /// Draws the initial parameters, keyed by (seed, registration number), and resets the running statistics.
    public func initialize(seed: UInt64) {
        for parameter in parameters {
            let key = RandomKey(
                seed: seed, purpose: .initialization, layer: UInt64(parameter.index))
            parameter.initializer(parameter.value.floats, parameter.shape, key)
        }
        for entry in statistics { entry.reset() }
        refreshRounded()
    }

    /// Updates the bfloat16 copies of all parameters, if there are any.
    public func refreshRounded() {
        for parameter in parameters { parameter.rounded?.convert(from: parameter.value) }
    }

    /// Makes one momentum update of all running statistics from a step's sums.
    public func updateStatistics(from sums: UnsafePointer<Float>) {
        for entry in statistics { entry.update(from: sums) }
    }

    private func rounded(_ count: Int, to multiple: Int) -> Int {
        (count + multiple - 1) / multiple * multiple
    }
}

/// The layout of one layer's running statistics: mean [C], variance [C], then the counter, 64-byte aligned.
private struct RunningMemory {
    let channels: Int
    var counterOffset: Int { (2 * channels * 4 + 7) & ~7 }
    var byteCount: Int { (counterOffset + 8 + 63) & ~63 }
}
