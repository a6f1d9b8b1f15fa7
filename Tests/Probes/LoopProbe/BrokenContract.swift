import Lockstep

/// Mistakes that a program can make with the public API, each of which ends it with a message.
enum BrokenContract: String {
    case linear, add, reshape, concatenate, conv, kernel, pooling, attention, embedding, normalization
    case labelType = "label-type"
    case targets, scalar
    case twoTapes = "two-tapes"
    case earlierPass = "earlier-pass"
    case twice, recomputed
    case elementType = "element-type"
    case negative, extent, overflow, rows, values
    case width, groups
    case late, unbound
    case unreleased
    case foreignShard = "foreign-shard"
    case closed
}

/// Makes a mistake.
/// - Parameters:
///   - h: [4, 8], the output of `hidden`; y: [4, 3], the output of `layers.2.output`, which is `layer`.
func happen(_ mistake: BrokenContract, h: Variable, y: Variable, layer: Linear, store: ParameterStore) {
    let tape = y.tape
    let other = ParameterStore()
    /// Two of four shards of 64 samples, two steps ahead.
    func loader() -> Loader {
        do {
            return try Loader(
                try DataConfiguration.synthetic(.init(samples: 64, shape: [4], classes: 3)).open(),
                sampler: Sampler(count: 64, batch: 16, seed: 1), shards: 0..<2, of: 4, from: 0, depth: 2)
        } catch {
            fatalError("\(error)")
        }
    }
    switch mistake {
    case .linear: _ = layer(y)
    case .add: _ = add(y, h)
    case .reshape: _ = reshape(y, to: [5, 3])
    case .concatenate: _ = concatenate(y, h, axis: 0)
    case .conv:
        _ = conv2d(y, weight: tape.constant(Tensor(zeros: [1, 1, 3, 3])))
    case .kernel:
        _ = conv2d(reshape(y, to: [1, 4, 3, 1]), weight: tape.constant(Tensor(zeros: [1, 1, 5, 5])))
    case .pooling: _ = maxPool2d(y, kernel: 2)
    case .attention: _ = attention(reshape(y, to: [1, 4, 3]), heads: 2, isCausal: true)
    case .embedding: _ = embedding(y.value, table: h)
    case .normalization:
        _ = layerNorm(
            y, scale: tape.constant(Tensor(zeros: [4])), shift: tape.constant(Tensor(zeros: [4])))
    case .labelType: _ = crossEntropy(y, labels: y.value.rows(0..<4))
    case .targets: _ = meanSquaredError(y, targets: Tensor(zeros: [3, 4]))
    case .scalar: tape.backward(from: y)
    case .twoTapes: _ = add(y, Tape(pool: StoragePool()).constant(Tensor(zeros: [4, 3])))
    case .earlierPass:
        tape.clear()
        _ = relu(y)
    case .twice:
        let loss = sum(y)
        tape.backward(from: loss)
        tape.backward(from: loss)
    case .recomputed:
        var calls = 0
        let part = ActivationCheckpoint {
            calls += 1
            return calls == 1 ? relu($0) : gelu($0)
        }
        tape.backward(from: sum(part(y)))
    case .elementType: _ = y.value.int32s
    case .negative: _ = Shape(-1)
    case .extent: _ = Shape(1, 3_000_000_000)
    case .overflow: _ = Tensor(zeros: [2_000_000_000, 2_000_000_000, 2_000_000_000])
    case .rows: _ = y.value.rows(2..<9)
    case .values: _ = Tensor([1, 2] as [Float], shape: [3])
    case .width: _ = MultiHeadAttention(other.root["block"], width: 6, heads: 4, isCausal: true)
    case .groups:
        _ = Convolution2D(
            other.root["stem"], inputChannels: 3, outputChannels: 4, kernelSize: 3, groups: 0)
    case .unreleased:
        let loader = loader()
        for _ in 0..<4 { _ = loader.next() }
    case .foreignShard: _ = loader().next().shard(2)
    case .closed:
        let loader = loader()
        loader.close()
        _ = loader.next()
    case .late: _ = Linear(store.root["late"], inputs: 1, outputs: 1)
    case .unbound: _ = Linear(other.root["nowhere"], inputs: 3, outputs: 1)(y)
    }
}
