import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The keys and values of earlier steps of one sequence, to which `attention(_:cache:)` adds those of further steps.
///
/// H heads of D numbers, K heads of keys and values, at most `capacity` steps.
public final class AttentionCache {
    /// The number of heads, H.
    public let heads: Int
    /// The number of heads of keys and values, K.
    public let keyHeads: Int
    /// The width of a head, D.
    public let dimension: Int
    /// The number of steps that there is room for; a multiple of 16.
    public let capacity: Int
    /// The number of steps in the cache.
    public fileprivate(set) var steps = 0
    /// [K, D, capacity]
    fileprivate let keys: Tensor
    /// [K, capacity, D]
    fileprivate let values: Tensor
    /// [capacity + D]: scores and sums.
    fileprivate let room: Tensor

    /// An empty cache.
    /// - Parameters:
    ///   - keyHeads: nil for as many as there are heads.
    ///   - steps: the number of steps that there has to be room for.
    public init(heads: Int, keyHeads: Int? = nil, dimension: Int, steps: Int) {
        let keyHeads = keyHeads ?? heads
        contract(
            heads > 0 && keyHeads > 0 && heads % keyHeads == 0 && dimension > 0 && steps > 0,
            "AttentionCache: \(heads) heads, \(keyHeads) of keys, dimension \(dimension), \(steps) steps")
        self.heads = heads
        self.keyHeads = keyHeads
        self.dimension = dimension
        capacity = (steps + 15) / 16 * 16
        keys = Tensor(zeros: Shape(keyHeads, dimension, capacity))
        values = Tensor(zeros: Shape(keyHeads, capacity, dimension))
        room = Tensor(zeros: Shape(capacity + dimension))
    }

    /// Forgets all steps.
    public func clear() { steps = 0 }
}

/// Causal self-attention of further steps of one sequence, which also attend to the steps in the cache and are then
/// added to it. In float32 the result has the bits of `attention` over all steps. For inference: there is no backward.
///
/// Shapes: qkv [1, L, (H + 2 K) D], as for `attention`; result [1, L, H D].
public func attention(_ qkv: Variable, cache: AttentionCache) -> Variable {
    let width = (cache.heads + 2 * cache.keyHeads) * cache.dimension
    guard qkv.shape.rank == 3, qkv.shape[0] == 1, qkv.shape[2] == width,
        cache.steps + qkv.shape[1] <= cache.capacity, !qkv.requiresGradient
    else {
        brokenContract(
            """
            attention\(qkv.place): qkv \(qkv.shape) of inference has to be [1, L, \(width)], and the cache, which has \
            \(cache.steps) of \(cache.capacity) steps, needs room for L
            """)
    }
    let tape = qkv.tape
    let key = CachedAttentionOperation.Key(qkv: qkv.shape, dtype: qkv.value.dtype)
    let operation = tape.operation(CachedAttentionOperation.self, key: key) {
        CachedAttentionOperation(key: $0)
    }
    let y = operation.forward(qkv.value, cache, pool: tape.pool)
    return tape.record(operation, inputs: qkv, output: y)
}

/// The operation behind `attention(_:cache:)`.
final class CachedAttentionOperation: DifferentiableOperation {
    struct Key: Equatable {
        var qkv: Shape
        var dtype: DType
    }

    let key: Key

    init(key: Key) { self.key = key }

    /// qkv [1, L, (H + 2 K) D] -> y [1, L, H D].
    func forward(_ qkv: Tensor, _ cache: AttentionCache, pool: StoragePool) -> Tensor {
        let y = pool.tensor(Shape(1, key.qkv[1], cache.heads * cache.dimension), key.dtype)
        var extents = lockstep_cached_attention_extents(
            heads: cache.heads, key_heads: cache.keyHeads, dimension: cache.dimension,
            capacity: cache.capacity, past: cache.steps, steps: key.qkv[1],
            scale: 1 / Float(cache.dimension).squareRoot())
        lockstep_cached_attention(
            y.address, qkv.address, cache.keys.floats, cache.values.floats, cache.room.floats, &extents,
            key.dtype == .bfloat16 ? 1 : 0)
        cache.steps += key.qkv[1]
        return y
    }

    func backward(_ context: BackwardContext) {
        brokenContract("attention with a cache is for inference and has no backward")
    }

    func release() {}
}
