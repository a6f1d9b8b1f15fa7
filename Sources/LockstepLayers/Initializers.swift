import LockstepAutograd
import LockstepTensors

/// Distributions of initial parameters. Fans are defined as in PyTorch: for a weight [outputs, inputs, ...],
/// inputs or outputs x the receptive field.
public enum Initializers {
    /// All zeros.
    public static var zeros: ParameterInitializer { constant(0) }

    /// All ones.
    public static var ones: ParameterInitializer { constant(1) }

    /// A constant.
    public static func constant(_ value: Float) -> ParameterInitializer {
        { place, shape, _ in place.update(repeating: value, count: shape.elementCount) }
    }

    /// U(-bound, bound).
    public static func uniform(_ bound: Float) -> ParameterInitializer {
        { place, shape, key in
            let count = shape.elementCount
            key.fillUniform(UnsafeMutableBufferPointer(start: place, count: count))
            for i in 0..<count { place[i] = (2 * place[i] - 1) * bound }
        }
    }

    /// N(0, deviation^2).
    public static func normal(_ deviation: Float) -> ParameterInitializer {
        { place, shape, key in
            for i in 0..<shape.elementCount { place[i] = key.normal(UInt64(i)) * deviation }
        }
    }

    /// He uniform: U(-a, a), a = sqrt(6 / fan in). Source: He et al. 2015, section 2.2.
    public static var heUniform: ParameterInitializer {
        { place, shape, key in
            uniform((6 / fans(shape).inputs).squareRoot())(place, shape, key)
        }
    }

    /// He normal: N(0, 2 / fan in).
    public static var heNormal: ParameterInitializer {
        { place, shape, key in
            normal((2 / fans(shape).inputs).squareRoot())(place, shape, key)
        }
    }

    /// Xavier uniform: U(-a, a), a = sqrt(6 / (fan in + fan out)). Source: Glorot and Bengio 2010, section
    /// 4.2.
    public static var xavierUniform: ParameterInitializer {
        { place, shape, key in
            let (inputs, outputs) = fans(shape)
            uniform((6 / (inputs + outputs)).squareRoot())(place, shape, key)
        }
    }

    /// Xavier normal: N(0, 2 / (fan in + fan out)).
    public static var xavierNormal: ParameterInitializer {
        { place, shape, key in
            let (inputs, outputs) = fans(shape)
            normal((2 / (inputs + outputs)).squareRoot())(place, shape, key)
        }
    }

    /// U(-a, a), a = 1 / sqrt(fan in): PyTorch's default for the weights of Linear and Conv2d.
    public static var fanInUniform: ParameterInitializer {
        { place, shape, key in
            uniform((1 / fans(shape).inputs).squareRoot())(place, shape, key)
        }
    }

    /// The fans of a weight [outputs, inputs, kernel...]; for a vector its length.
    public static func fans(_ shape: Shape) -> (inputs: Float, outputs: Float) {
        guard shape.rank >= 2 else { return (Float(shape.elementCount), Float(shape.elementCount)) }
        let field = shape.elementCount(of: 2..<shape.rank)
        return (Float(shape[1] * field), Float(shape[0] * field))
    }
}
