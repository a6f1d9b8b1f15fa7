import LockstepONNX

extension BatchNormalizationOperation: ONNXExportable {
    /// With the running statistics, which a pass in inference mode uses.
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard !key.isTraining, let statistics = saved?.statistics else {
            throw ONNXError("batch normalization has running statistics in inference mode only")
        }
        func constant(_ name: String, _ numbers: UnsafeMutablePointer<Float>) -> String {
            node.constant(
                state: "\(statistics.path).\(name)",
                UnsafeBufferPointer(start: numbers, count: statistics.channels), shape: [statistics.channels])
        }
        let isImage = key.x.rank == 4
        let y = node.add(
            "BatchNormalization",
            [
                isImage ? node.channelsFirst(0) : node.input(0), node.input(1), node.input(2),
                constant("running_mean", statistics.mean), constant("running_var", statistics.variance),
            ], [.float("epsilon", key.epsilon)])
        node.output(key.activation.export(y, node), isChannelsFirst: isImage)
    }
}
