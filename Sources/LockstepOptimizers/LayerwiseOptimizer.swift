/// An optimizer whose step of a parameter depends on norms over all elements of that parameter, as those of LARS and LAMB do.
///
/// An update has two passes over the slices. The first calls `squares` for every part of every parameter; then all ranks of the host
/// wait for each other, and each folds the sums of the parts in the same order. The second calls `apply`, with
/// `UpdateStep.layer`. Each of the caller's groups is one parameter.
public protocol LayerwiseOptimizer: Optimizer {
    /// Sums the squares of the weights and of a direction in a part of one parameter, at most a chunk of 4,096 elements.
    ///
    /// It may update moments that the direction depends on; parameters stay as they are. Nothing is allocated.
    func squares(
        of range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) -> LayerSquares
}
