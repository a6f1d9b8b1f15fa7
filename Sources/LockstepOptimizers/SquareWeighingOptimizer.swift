/// An optimizer that multiplies squares of gradients by `UpdateStep.squareShare` wherever it averages or sums them.
///
/// It gets sparse sums as they are (`SparseSums`), without a rounding of its own in gradients and the learning rate.
package protocol SquareWeighingOptimizer: Optimizer {}

// It has no squares.
extension SGD: SquareWeighingOptimizer {}
extension Adam: SquareWeighingOptimizer {}
extension RMSprop: SquareWeighingOptimizer {}
extension Adagrad: SquareWeighingOptimizer {}
