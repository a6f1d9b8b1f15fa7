import LockstepAutograd
import LockstepConfiguration
import LockstepLayers
import LockstepTensors

/// The configuration of a network, which builds it.
public protocol ModelComponent: Component {
    /// Checks that the network accepts the samples.
    ///
    /// - Parameter input: the kind and shape of one sample.
    /// - Throws: `ComponentError` if it does not; an empty path means the model as a whole.
    func check(input: ModelInput) throws(ComponentError)

    /// Builds the network and registers its parameters.
    /// - Parameters:
    ///   - input: the kind and shape of one sample; `validate(input:)` has been called.
    ///   - outputs: the number of classes or of values; for next-token prediction the vocabulary size.
    func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model

    /// A lower bound for the number of elements of one sample in the layers' outputs, which a training step
    /// keeps for backward. By default the output layer's.
    ///
    /// It is used to estimate memory before allocation. A floating-point number, so that no product
    /// overflows.
    /// - Parameters:
    ///   - input: the form of a sample; `validate(input:)` has been called.
    ///   - outputs: the number of the network's outputs.
    func activationCount(input: ModelInput, outputs: Int) -> Double

    /// Whether an output depends on later tokens; such a network cannot learn next-token prediction. By
    /// default false.
    var seesAhead: Bool { get }

    /// Whether all samples must have one shape; such a network cannot read sequences of different lengths. By
    /// default false.
    var needsOneShape: Bool { get }
}

extension ModelComponent {
    public func check(input: ModelInput) throws(ComponentError) {}

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        if case .tokens(_, let context) = input { Double(context) * Double(outputs) } else { Double(outputs) }
    }

    public var seesAhead: Bool { false }

    public var needsOneShape: Bool { false }

    /// Checks that the network accepts the samples.
    ///
    /// - Throws: `ComponentError` if it does not, with the path below `model`.
    public func validate(input: ModelInput) throws(ComponentError) {
        do {
            try check(input: input)
        } catch {
            throw error.inside(name)
        }
    }

    /// Builds the network for numeric samples.
    /// - Parameter inputShape: the shape of one sample: [features] or [H, W, C].
    public func make(_ scope: ParameterScope, inputShape: Shape, outputs: Int) -> any Model {
        make(scope, input: .numbers(inputShape), outputs: outputs)
    }
}

/// Common requirements of architectures.
extension ModelInput {
    /// The shape of a numeric sample; throws for tokens.
    public func requireNumbers() throws(ComponentError) -> [Int] {
        guard case .numbers(let shape) = self else {
            throw ComponentError(
                problem: "needs numbers or images, and the data are a text. Use a language model")
        }
        return shape.extents
    }

    /// The vocabulary and the context of a text; throws for numeric samples.
    @discardableResult
    public func requireTokens() throws(ComponentError) -> (vocabulary: Int, context: Int) {
        guard case .tokens(let vocabulary, let context) = self else {
            throw ComponentError(
                problem:
                    "is a language model and needs a text; samples of this data set are numbers of the shape "
                    + "\(sampleShape). Use the data text, king_james or shakespeare, or another model")
        }
        return (vocabulary, context)
    }

    /// The extents of images, [height, width, channels]; throws for everything else.
    @discardableResult
    public func requireImage() throws(ComponentError) -> [Int] {
        let shape = try requireNumbers()
        guard shape.count == 3 else {
            throw ComponentError(
                problem: "needs images (height, width, channels); a sample of this data set has the shape "
                    + "\(shape). Use the model mlp, or reshape the data"
                    + (shape.count == 2 ? "; for images of one channel, set layout: grey" : ""))
        }
        return shape
    }
}
