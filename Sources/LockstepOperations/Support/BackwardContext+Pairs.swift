import LockstepAutograd
import LockstepTensors

extension BackwardContext {
    /// Calls `body` to write the gradients of two inputs that one primitive computes together, such as weight
    /// and bias.
    ///
    /// Both are computed in float32. An input gets a temporary if its gradient is not needed, accumulates, or
    /// has another type.
    /// - Parameters:
    ///   - first, second: the numbers of the inputs.
    ///   - shapes: their shapes.
    func writeTogether(
        _ first: Int, _ second: Int, shapes: (Shape, Shape), _ body: (Tensor, Tensor) -> Void
    ) {
        let firstPlace = needsGradient(first) ? destination(first) : nil
        let secondPlace = needsGradient(second) ? destination(second) : nil
        let firstTarget = target(firstPlace, shapes.0)
        let secondTarget = target(secondPlace, shapes.1)
        body(firstTarget, secondTarget)
        finish(firstPlace, firstTarget)
        finish(secondPlace, secondTarget)
    }

    /// Writes zeros to the gradients of inputs 0 ..< count, for an empty shard.
    func writeZeros(inputs count: Int) {
        for input in 0..<count { write(input) { $0.fillWithZeros() } }
    }

    private func target(_ place: GradientDestination?, _ shape: Shape) -> Tensor {
        guard let place, !place.accumulates, place.tensor.dtype == .float32 else { return pool.tensor(shape) }
        return place.tensor
    }

    private func finish(_ place: GradientDestination?, _ target: Tensor) {
        guard let place else { return }
        guard place.tensor.dtype != .float32 else {
            if place.accumulates { place.tensor.accumulate(target) }
            return
        }
        guard place.accumulates else { return place.tensor.convert(from: target) }
        let converted = pool.tensor(target.shape, place.tensor.dtype)
        converted.convert(from: target)
        place.tensor.accumulate(converted)
    }
}
