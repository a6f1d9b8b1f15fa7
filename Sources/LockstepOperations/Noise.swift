import LockstepAutograd
import LockstepTensors

/// Standard normal numbers, for example for the latent variables of a variational model or a generator.
///
/// Determined by seed, step, shard, layer and element: the same on any number of ranks, and after a resume.
/// No gradient.
/// - Parameter layer: the number of the layer, from `ParameterScope.randomLayerNumber`; each call in a pass
///   needs a different number.
public func normalNoise(_ shape: Shape, layer: UInt64, on tape: Tape) -> Variable {
    let noise = tape.pool.tensor(shape)
    tape.draws.key(.noise, layer: layer)
        .fillNormal(UnsafeMutableBufferPointer(start: noise.floats, count: noise.elementCount))
    return tape.constant(noise)
}

/// Uniform numbers in [lower, upper); see `normalNoise`.
public func uniformNoise(
    _ shape: Shape, lower: Float = 0, upper: Float = 1, layer: UInt64, on tape: Tape
) -> Variable {
    let noise = tape.pool.tensor(shape)
    let values = UnsafeMutableBufferPointer(start: noise.floats, count: noise.elementCount)
    tape.draws.key(.noise, layer: layer).fillUniform(values)
    if lower != 0 || upper != 1 {
        for index in values.indices { values[index] = lower + (upper - lower) * values[index] }
    }
    return tape.constant(noise)
}
