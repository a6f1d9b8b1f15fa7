import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors
import Testing

@Suite struct MoreLayerTests {
    private func filled(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
        let result = Tensor(zeros: shape)
        let key = RandomKey(seed: seed, purpose: .test)
        for i in 0..<shape.elementCount { result.floats[i] = key.normal(UInt64(i)) }
        return result
    }

    @Test func parametersHavePyTorchNamesAndShapes() {
        let store = ParameterStore()
        _ = ConvolutionTranspose2D(
            store.root["up"], inputChannels: 6, outputChannels: 4, kernelSize: 3, groups: 2)
        _ = Convolution1D(
            store.root["conv"], inputChannels: 6, outputChannels: 4, kernelSize: 5, groups: 2, bias: false)
        _ = GroupNormalization(store.root["gn"], groups: 2, channels: 4)
        _ = InstanceNormalization(store.root["in"], channels: 4)
        _ = InstanceNormalization(store.root["affine"], channels: 4, isAffine: true)
        _ = RMSNormalization(store.root["rms"], channels: 7)
        _ = SwiGLU(store.root["mlp"], width: 8, hidden: 20)
        _ = CrossAttention(store.root["cross"], width: 8, memoryWidth: 5, heads: 2)
        #expect(
            store.parameters.map { "\($0.name) \($0.shape)" } == [
                "up.weight [6, 2, 3, 3]", "up.bias [4]", "conv.weight [4, 3, 5]", "gn.weight [4]",
                "gn.bias [4]",
                "affine.weight [4]", "affine.bias [4]", "rms.weight [7]", "mlp.w1.weight [20, 8]",
                "mlp.w2.weight [8, 20]", "mlp.w3.weight [20, 8]", "cross.q_proj_weight [8, 8]",
                "cross.k_proj_weight [8, 5]", "cross.v_proj_weight [8, 5]", "cross.in_proj_bias [24]",
                "cross.out_proj.weight [8, 8]", "cross.out_proj.bias [8]",
            ])
        #expect(store.statistics.isEmpty)
    }

    @Test func layersGiveTheirShapes() {
        let store = ParameterStore()
        let up = ConvolutionTranspose2D(
            store.root["up"], inputChannels: 6, outputChannels: 4, kernelSize: 4, stride: 2, padding: 1)
        let norm = GroupNormalization(store.root["gn"], groups: 2, channels: 4)
        let rms = RMSNormalization(store.root["rms"], channels: 4)
        let conv = Convolution1D(
            store.root["conv"], inputChannels: 4, outputChannels: 5, kernelSize: 3, padding: 1)
        let mlp = SwiGLU(store.root["mlp"], width: 5, hidden: 7)
        store.allocate()
        store.initialize(seed: 3)
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let x = tape.constant(filled(Shape(2, 3, 5, 6)))
        let image = Upsampling2D(factor: 2, kind: .bilinear())(rms(norm(up(x))))
        #expect(image.shape == Shape(2, 12, 20, 4))
        let rows = mlp(conv(reshape(image, to: Shape(2, 240, 4))))
        #expect(rows.shape == Shape(2, 240, 5))
        #expect(Pooling1D.maximum(kernel: 4)(rows).shape == Shape(2, 60, 5))
        #expect(Pooling1D.average(kernel: 3, stride: 2, padding: 1)(rows).shape == Shape(2, 120, 5))
        #expect(Pooling1D.globalAverage(rows).shape == Shape(2, 5))
        let top = Pooling1D.globalMaximum(rows)
        #expect(top.shape == Shape(2, 5))
        #expect(Activation.silu(rows).shape == rows.shape && Activation.softplus()(rows).shape == rows.shape)
    }

    /// A kernel of one dimension gets its gradient where the parameter is, in both precisions.
    @Test(arguments: [Precision.float32, .bfloat16])
    func kernelsOfOneDimensionAreTrained(_ precision: Precision) {
        if precision == .bfloat16, !ComputeLibrary.hasBFloat16 { return }
        let store = ParameterStore()
        let conv = Convolution1D(store.root, inputChannels: 4, outputChannels: 6, kernelSize: 3)
        store.allocate(precision: precision)
        store.initialize(seed: 3)
        let gradients = Tensor(zeros: Shape(store.flatCount))
        let tape = Tape(pool: StoragePool(), precision: precision)
        tape.begin(mode: .training, parameterVersion: 1, gradients: gradients.floats)
        let x = tape.constant(filled(Shape(2, 9, 4)))
        tape.backward(from: sum(cast(conv(x), to: .float32)), store: store)
        // The loss is the sum over outputs: each output channel's gradient is the sum of what its taps see.
        for channel in 0..<4 {
            for tap in 0..<3 {
                var expected: Float = 0
                for sample in 0..<2 {
                    for step in 0..<7 { expected += x.value.floats[(sample * 9 + step + tap) * 4 + channel] }
                }
                let place = conv.weight.offset + (1 * 4 + channel) * 3 + tap
                #expect(abs(gradients.floats[place] - expected) < (precision == .float32 ? 1e-4 : 0.1))
            }
        }
        #expect((0..<6).allSatisfy { gradients.floats[(conv.bias?.offset ?? 0) + $0] == 14 })
    }

    /// With the same weights, and the sequence itself as memory, it is self-attention.
    @Test(arguments: [nil, [5, 3] as [Int32]?])
    func crossAttentionToItselfIsSelfAttention(_ lengths: [Int32]?) throws {
        let store = ParameterStore()
        let cross = CrossAttention(store.root["cross"], width: 8, heads: 2)
        let plain = MultiHeadAttention(store.root["self"], width: 8, heads: 2, isCausal: false)
        store.allocate()
        store.initialize(seed: 5)
        for (index, weight) in [cross.queryWeight, cross.keyWeight, cross.valueWeight].enumerated() {
            weight.value.copy(from: plain.inputWeight.value.rows(index * 8..<(index + 1) * 8))
        }
        let plainBias = try #require(plain.inputBias)
        for i in 0..<24 { plainBias.value.floats[i] = Float(i) / 16 - 0.5 }
        cross.inputBias.value.copy(from: plainBias.value)
        cross.output.weight.value.copy(from: plain.output.weight.value)
        let gradients = Tensor(zeros: Shape(store.flatCount))
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training, parameterVersion: 1, gradients: gradients.floats)
        let x = tape.input(filled(Shape(2, 5, 8)))
        let tensor = lengths.map { Tensor($0, shape: Shape(2)) }
        let a = cross(x, memory: x, lengths: tensor)
        let b = plain(x, lengths: tensor)
        for (one, other) in zip(a.value.floatArray, b.value.floatArray) { #expect(abs(one - other) < 1e-5) }
        tape.backward(from: sum(a * a) + sum(b * b), store: store)
        func gradient(_ parameter: Parameter, _ first: Int, _ count: Int) -> [Float] {
            (first..<first + count).map { gradients.floats[parameter.offset + $0] }
        }
        let stacked =
            gradient(cross.queryWeight, 0, 64) + gradient(cross.keyWeight, 0, 64)
            + gradient(cross.valueWeight, 0, 64)
        for (one, other) in zip(stacked, gradient(plain.inputWeight, 0, 192)) {
            #expect(abs(one - other) < 1e-4)
        }
        for (one, other) in zip(gradient(cross.inputBias, 0, 24), gradient(plainBias, 0, 24)) {
            #expect(abs(one - other) < 1e-4)
        }
    }
}
