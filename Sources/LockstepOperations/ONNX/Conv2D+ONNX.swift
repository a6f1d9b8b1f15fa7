import LockstepONNX

extension Conv2DOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let y = node.add(
            "Conv", [node.channelsFirst(0), node.input(1)] + (key.hasBias ? [node.input(2)] : []),
            key.window.attributes(hasDilation: true) + [.integer("group", key.groups)])
        node.output(key.activation.export(y, node), isChannelsFirst: true)
    }
}
