import Lockstep
import Testing

@testable import Spectra

@Test func stepsOfSignum() throws {
    var configuration = Signum.Configuration()
    configuration.weightDecay = 0.5
    let gradients: [Float] = [4, -4, 0]
    var (parameters, moments): ([Float], [Float]) = ([1, 1, 1], [0, 0, 0])
    parameters.withUnsafeMutableBufferPointer { p in
        moments.withUnsafeMutableBufferPointer { m in
            gradients.withUnsafeBufferPointer { g in
                let buffers = FlatBuffers(
                    parameters: p.baseAddress!, gradients: g.baseAddress!, moments: (m.baseAddress, nil, nil))
                // The gradients are a sum over two samples.
                Signum(configuration: configuration).update(
                    0..<3, buffers, groups: [ParameterGroup(range: 0..<3)],
                    UpdateStep(number: 1, learningRate: 0.25, gradientScale: 0.5))
            }
        }
    }
    #expect(parameters == [0.625, 1.125, 0.875])
    #expect(moments.map { ($0 * 100).rounded() } == [20, -20, 0])
}
