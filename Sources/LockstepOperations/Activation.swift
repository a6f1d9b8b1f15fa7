import CKernels
internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = max(x, 0), element by element; any shape.
public func relu(_ x: Variable) -> Variable { activation(x, .relu) }

/// y = x for x > 0, else slope x, element by element; any shape.
public func leakyReLU(_ x: Variable, slope: Float = 0.01) -> Variable {
    activation(x, .leakyReLU(slope: slope))
}

/// y = 1 / (1 + e^-x), element by element; any shape.
public func sigmoid(_ x: Variable) -> Variable { activation(x, .sigmoid) }

/// y = tanh(x), element by element; any shape.
public func tanh(_ x: Variable) -> Variable { activation(x, .tanh) }

private func activation(_ x: Variable, _ kind: ActivationOperation.Kind) -> Variable {
    let tape = x.tape
    let key = ActivationOperation.Key(shape: x.shape, dtype: x.value.dtype, kind: kind)
    let operation = tape.operation(ActivationOperation.self, key: key) { ActivationOperation(key: $0) }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind the activations. Backward uses the output if the derivative is a function of it.
final class ActivationOperation: DifferentiableOperation {
    enum Kind: Equatable {
        case relu
        case leakyReLU(slope: Float)
        case sigmoid
        case tanh
    }

    struct Key: Equatable {
        var shape: Shape
        var dtype: DType
        var kind: Kind
    }

    let key: Key
    private let slope: Float
    private let usesOutput: Bool
    private var saved: Tensor?

    private lazy var forward = DNNPrimitive("activation forward") {
        lockstep_dnn_eltwise_forward_create(
            $0, forwardKind, slope, 0, Int64(key.shape.elementCount), key.dtype.dnn)
    }
    private lazy var backward = DNNPrimitive("activation backward") {
        lockstep_dnn_eltwise_backward_create(
            $0, backwardKind, slope, 0, Int64(key.shape.elementCount), key.dtype.dnn)
    }

    init(key: Key) {
        self.key = key
        if case .leakyReLU(let slope) = key.kind { self.slope = slope } else { slope = 0 }
        switch key.kind {
        case .relu, .sigmoid, .tanh: usesOutput = true
        case .leakyReLU: usesOutput = false
        }
    }

    private var forwardKind: lockstep_dnn_eltwise_kind {
        switch key.kind {
        case .relu, .leakyReLU: LOCKSTEP_DNN_ELTWISE_RELU
        case .sigmoid: LOCKSTEP_DNN_ELTWISE_LOGISTIC
        case .tanh: LOCKSTEP_DNN_ELTWISE_TANH
        }
    }

    private var backwardKind: lockstep_dnn_eltwise_kind {
        switch key.kind {
        case .sigmoid: LOCKSTEP_DNN_ELTWISE_LOGISTIC_FROM_OUTPUT
        case .tanh: LOCKSTEP_DNN_ELTWISE_TANH_FROM_OUTPUT
        case .relu, .leakyReLU: forwardKind
        }
    }

    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.shape, key.dtype)
        guard y.elementCount > 0 else { return y }
        if key.kind == .relu {
            rectify(x, to: y)
        } else {
            forward.execute { lockstep_dnn_eltwise_forward_execute($0, x.address, y.address) }
            keepNaN(of: x, in: y)
        }
        saved = usesOutput ? y : x
        return y
    }

    func backward(_ context: BackwardContext) {
        guard key.shape.elementCount > 0 else { return context.writeZeros(inputs: 1) }
        guard let saved else { brokenContract("activation: backward without forward") }
        context.write(0) { dx in
            if key.kind == .relu {
                return lockstep_relu_backward(
                    dx.address, context.outputGradient.address, saved.address, dx.elementCount,
                    key.dtype == .bfloat16 ? 1 : 0)
            }
            backward.execute {
                lockstep_dnn_eltwise_backward_execute(
                    $0, saved.address, context.outputGradient.address, dx.address)
            }
        }
    }

    func release() { saved = nil }
}
