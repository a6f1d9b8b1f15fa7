import CKernels
import LockstepONNX

extension ActivationOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.elementwise { x in
            switch key.kind {
            case .relu: node.add("Relu", x)
            case .leakyReLU(let slope): node.add("LeakyRelu", x, [.float("alpha", slope)])
            case .sigmoid: node.add("Sigmoid", x)
            case .tanh: node.add("Tanh", x)
            }
        }
    }
}

extension GELUOperation: ONNXExportable {
    /// By `Erf` and `Tanh`: the operator `Gelu` needs a newer set than most programs read.
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.elementwise { inputs in
            let x = inputs[0]
            let approximation = key.approximation == .tanh ? "tanh" : "none"
            return node.function("Gelu", inputs, [.text("approximate", approximation)]) {
                func times(_ name: String, _ factor: Float) -> String {
                    node.add("Mul", [name, node.constant([factor])])
                }
                let function: String
                switch key.approximation {
                case .none: function = node.add("Erf", [times(x, Float(0.5).squareRoot())])
                case .tanh:
                    let cube = node.add("Mul", [node.add("Mul", [x, x]), x])
                    let argument = times(
                        node.add("Add", [x, times(cube, 0.044715)]), (2 / Float.pi).squareRoot())
                    function = node.add("Tanh", [argument])
                }
                return node.add("Mul", [times(x, 0.5), node.add("Add", [function, node.constant([1])])])
            }
        }
    }
}

extension UnaryOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let (kind, a, b) = (key.kind, constants.a, constants.b)
        var failure: ONNXError?
        node.elementwise { inputs in
            let x = inputs[0]
            switch kind {
            case LOCKSTEP_UNARY_EXP: return node.add("Exp", inputs)
            case LOCKSTEP_UNARY_LOG: return node.add("Log", inputs)
            case LOCKSTEP_UNARY_SQRT: return node.add("Sqrt", inputs)
            case LOCKSTEP_UNARY_SQUARE: return node.add("Mul", [x, x])
            case LOCKSTEP_UNARY_ABS: return node.add("Abs", inputs)
            case LOCKSTEP_UNARY_AFFINE:
                return node.add("Add", [node.add("Mul", [x, node.constant([a])]), node.constant([b])])
            case LOCKSTEP_UNARY_QUOTIENT: return node.add("Div", [x, node.constant([a])])
            case LOCKSTEP_UNARY_INVERSE: return node.add("Div", [node.constant([a]), x])
            case LOCKSTEP_UNARY_POWER: return node.add("Pow", [x, node.constant([a])])
            case LOCKSTEP_UNARY_CLAMP: return node.add("Clip", [x, node.constant([a]), node.constant([b])])
            case LOCKSTEP_UNARY_SILU:
                return node.silu(x)
            case LOCKSTEP_UNARY_SOFTPLUS:
                let scaled = node.add("Mul", [x, node.constant([a])])
                return node.add("Div", [node.add("Softplus", [scaled]), node.constant([a])])
            default:
                failure = ONNXError("an elementwise function has no ONNX operator")
                return x
            }
        }
        if let failure { throw failure }
    }
}

extension ONNXNode {
    /// x sigmoid(x).
    func silu(_ x: String) -> String {
        function("Silu", [x]) { add("Mul", [x, add("Sigmoid", [x])]) }
    }
}
