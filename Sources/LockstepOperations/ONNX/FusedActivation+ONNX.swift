import LockstepONNX

extension FusedActivation {
    /// Adds the activation to what an operator computes.
    func export(_ name: String, _ node: ONNXNode) -> String {
        switch self {
        case .none: name
        case .relu: node.add("Relu", [name])
        }
    }
}

extension Window2D {
    /// The window as settings of an operator; with dilation only where it has one.
    func attributes(hasDilation: Bool) -> [ONNXAttribute] {
        [
            .integers("kernel_shape", [kernel.height, kernel.width]),
            .integers("strides", [stride.height, stride.width]),
            .integers("pads", [padding.height, padding.width, padding.height, padding.width]),
        ] + (hasDilation ? [.integers("dilations", [dilation.height, dilation.width])] : [])
    }
}
