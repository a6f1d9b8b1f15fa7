/// The weights of residual networks in torchvision, which have the names of Lockstep's.
enum TorchvisionResNet {
    static func network(_ shapes: [String: [Int]]) -> String? {
        guard let stem = shapes["conv1.weight"], stem.count == 4 else { return nil }
        var blocks: [Int] = []
        while shapes["layer\(blocks.count + 1).0.conv1.weight"] != nil {
            let stage = "layer\(blocks.count + 1)"
            var count = 0
            while shapes["\(stage).\(count).conv1.weight"] != nil { count += 1 }
            blocks.append(count)
        }
        guard !blocks.isEmpty else { return nil }
        let list = blocks.map(String.init).joined(separator: ", ")
        let kind = shapes["layer1.0.conv3.weight"] == nil ? "basic" : "bottleneck"
        return
            "{resnet: {blocks: [\(list)], block: \(kind), stem: \(stem[2] == 7 ? "conv7_pool" : "conv3"), "
            + "width: \(stem[0])}} for images of \(stem[1]) channels"
            + (shapes["fc.weight"].map { " and \($0[0]) classes" } ?? "")
    }
}
