import LockstepONNX

extension Pool2DOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let x = node.channelsFirst(0)
        let window = key.window.attributes(hasDilation: false)
        let y: String
        switch key.kind {
        case .maximum: y = node.add("MaxPool", [x], window)
        case .average: y = node.add("AveragePool", [x], window + [.integer("count_include_pad", 1)])
        case .averageWithoutPadding: y = node.add("AveragePool", [x], window)
        case .globalAverage:
            return node.output(
                node.add("Flatten", [node.add("GlobalAveragePool", [x])], [.integer("axis", 1)]))
        }
        node.output(key.activation.export(y, node), isChannelsFirst: true)
    }
}
