import Lockstep

/// Reads an image row by row, from both ends: what a model of one's own with recurrent layers may look like.
///
/// Shapes: [N, H, W, 1] to [N, outputs].
struct RowReader: Model {
    private let layers: Recurrent
    private let head: Linear

    init(_ scope: ParameterScope, inputShape: Shape, outputs: Int) {
        layers = Recurrent(
            scope["lstm"], cell: .lstm, inputs: inputShape[1], units: 16, layers: 2, isBidirectional: true,
            dropout: 0.1)
        head = Linear(scope["head"], inputs: 32, outputs: outputs)
    }

    func callAsFunction(_ x: Variable) -> Variable {
        let rows = reshape(x, to: Shape(x.shape[0], x.shape[1], x.shape[2]))
        return head(mean(layers(swapLeading(rows)), over: 0..<1))
    }
}
