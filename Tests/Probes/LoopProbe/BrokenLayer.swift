import Lockstep

/// Mistakes with single layers and operations, each of which ends the program with a message that names the layer.
enum BrokenLayer: String {
    case conv1d
    case conv1dRank = "conv1d-rank"
    case conv1dWindow = "conv1d-window"
    case conv1dGroups = "conv1d-groups"
    case pool1d
    case pool1dWindow = "pool1d-window"
    case transpose
    case transposeWindow = "transpose-window"
    case transposePadding = "transpose-padding"
    case transposeGroups = "transpose-groups"
    case cross
    case crossHeads = "cross-heads"
    case crossLengths = "cross-lengths"
    case maskedSoftmax = "masked-softmax"
    case group
    case groupGroups = "group-groups"
    case groupScale = "group-scale"
    case rms
    case rmsChannels = "rms-channels"
    case instance
    case instanceRank = "instance-rank"
    case instanceChannels = "instance-channels"
    case swiglu
    case recurrentDropout = "recurrent-dropout"
    case triplet, cosine, contrastive, focal, dice
    case weights
    case select, clamp
}

/// Makes a mistake. y: [4, 3], the output of `layers.2.output`.
func happen(_ mistake: BrokenLayer, y: Variable) {
    let tape = y.tape
    let store = ParameterStore()
    func zeros(_ shape: Shape) -> Variable { tape.constant(Tensor(zeros: shape)) }
    func bound<Layer>(_ layer: Layer) -> Layer {
        store.allocate()
        store.initialize(seed: 1)
        return layer
    }
    func conv1d() -> Convolution1D {
        bound(Convolution1D(store.root["conv"], inputChannels: 4, outputChannels: 6, kernelSize: 3))
    }
    func up(padding: Extent2D = 0, outputPadding: Extent2D = 0) -> ConvolutionTranspose2D {
        bound(
            ConvolutionTranspose2D(
                store.root["up"], inputChannels: 6, outputChannels: 4, kernelSize: 3, padding: padding,
                outputPadding: outputPadding))
    }
    func cross() -> CrossAttention {
        bound(CrossAttention(store.root["cross"], width: 8, memoryWidth: 5, heads: 2))
    }
    switch mistake {
    case .conv1d: _ = conv1d()(zeros([2, 9, 5]))
    case .conv1dRank: _ = conv1d()(zeros([2, 9]))
    case .conv1dWindow: _ = conv1d()(zeros([2, 2, 4]))
    case .conv1dGroups:
        _ = Convolution1D(store.root["conv"], inputChannels: 4, outputChannels: 6, kernelSize: 3, groups: 4)
    case .pool1d: _ = maxPool1d(y, kernel: 2)
    case .pool1dWindow: _ = averagePool1d(reshape(y, to: [1, 4, 3]), kernel: 5)
    case .transpose: _ = up()(zeros([2, 3, 5, 5]))
    case .transposeWindow: _ = up(outputPadding: 1)(zeros([2, 3, 5, 6]))
    case .transposePadding: _ = up(padding: 4)(zeros([2, 3, 5, 6]))
    case .transposeGroups:
        _ = ConvolutionTranspose2D(
            store.root["up"], inputChannels: 6, outputChannels: 4, kernelSize: 0, groups: 2)
    case .cross: _ = cross()(zeros([2, 3, 8]), memory: zeros([2, 4, 8]))
    case .crossHeads: _ = CrossAttention(store.root["cross"], width: 8, heads: 3)
    case .crossLengths:
        _ = cross()(
            zeros([2, 3, 8]), memory: zeros([2, 4, 5]), lengths: Tensor([1] as [Int32], shape: [1]))
    case .maskedSoftmax: _ = maskedSoftmax(y)
    case .group:
        _ = bound(GroupNormalization(store.root["norm"], groups: 2, channels: 4))(zeros([2, 3, 5]))
    case .groupGroups: _ = GroupNormalization(store.root["norm"], groups: 3, channels: 4)
    case .groupScale:
        _ = bound(GroupNormalization(store.root["norm"], groups: 2, channels: 4))(zeros([2, 3, 6]))
    case .rms: _ = bound(RMSNormalization(store.root["norm"], channels: 7))(y)
    case .rmsChannels: _ = RMSNormalization(store.root["norm"], channels: 0)
    case .instance:
        _ = bound(InstanceNormalization(store.root["norm"], channels: 4, isAffine: true))(
            zeros([2, 3, 3, 5]))
    case .instanceRank:
        _ = InstanceNormalization(store.root["norm"], channels: 4)(reshape(y, to: [12]))
    case .instanceChannels: _ = InstanceNormalization(store.root["norm"], channels: -1)
    case .swiglu: _ = bound(SwiGLU(store.root["mlp"], width: 8, hidden: 20))(y)
    case .recurrentDropout:
        _ = Recurrent(store.root["rnn"], cell: .lstm, inputs: 3, units: 4, layers: 2, dropout: 1.5)
    case .triplet: _ = triplet(anchor: y, positive: y, negative: zeros([3, 4]))
    case .cosine: _ = cosineEmbedding(y, y, signs: Tensor(zeros: [3]))
    case .contrastive: _ = infoNCE(y, y, temperature: 0)
    case .focal: _ = focal(y, labels: Tensor([0, 1] as [Int32], shape: [2]))
    case .dice: _ = dice(y, targets: Tensor(zeros: [3, 4]))
    case .weights: _ = focal(y, labels: Tensor(zeros: [4]))
    case .select: _ = indexSelect(y, Tensor(zeros: [2, 2], dtype: .int32))
    case .clamp: _ = clamp(y, lower: 2, upper: 1)
    }
}
