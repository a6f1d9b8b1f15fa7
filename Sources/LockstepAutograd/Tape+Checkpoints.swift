import LockstepContracts
import LockstepTensors

/// The checkpointed parts of a pass that backward has not yet computed again.
struct CheckpointedParts {
    /// One call of a checkpoint.
    struct Part {
        let checkpoint: ActivationCheckpoint
        /// The node and the value of the input. Not a variable, since that refers to the tape.
        let input: Int
        let value: Tensor
        let nodes: Range<Int>
        let slots: Range<Int>
    }

    /// Disjoint, in the order of the pass.
    var parts: ContiguousArray<Part> = []
    /// Whether operations drop at once what they keep for backward.
    var dropsKept = false
    /// While a part is computed again, the node that the next leaf or operation had before.
    var next: Int?

    var isRecomputing: Bool { next != nil }

    mutating func clear() {
        parts.removeAll(keepingCapacity: true)
        dropsKept = false
        next = nil
    }
}

/// Activation checkpointing. The nodes of a checkpointed part stay on the tape, and only what its operations keep is
/// dropped. Before the backward pass of its last operation the part is computed again, in the same places: the order
/// of gradients does not depend on checkpoints.
extension Tape {
    /// Records a checkpointed part.
    func record(_ checkpoint: ActivationCheckpoint, _ x: Variable) -> Variable {
        check(x)
        let first = (node: nextNode, slot: usedSlots)
        let isInner = checkpoints.dropsKept
        checkpoints.dropsKept = true
        let y = checkpoint.body(x)
        checkpoints.dropsKept = isInner
        let nodes = first.node..<nextNode
        // The outer checkpoint records it when it is computed again.
        guard !isInner, nodes.contains(where: { requiresGradient($0) }) else { return y }
        checkpoints.parts.append(
            .init(
                checkpoint: checkpoint, input: x.index, value: x.value, nodes: nodes,
                slots: first.slot..<usedSlots))
        return y
    }

    private var nextNode: Int { checkpoints.next ?? nodes.count }

    /// Adds a node; while a checkpointed part is computed again, finds the one that it had before.
    /// - Returns: its number.
    func place(_ node: Node) -> Int {
        guard let index = checkpoints.next else {
            nodes.append(node)
            return nodes.count - 1
        }
        if index >= nodes.count || !isSame(node, nodes[index]) { trapIfRecomputing() }
        edges.removeLast(Int(node.edgeCount))
        checkpoints.next = index + 1
        return index
    }

    private func isSame(_ node: Node, _ known: Node) -> Bool {
        node.shape == known.shape && node.dtype == known.dtype && node.parameter === known.parameter
            && node.slot == known.slot && node.edgeCount == known.edgeCount
            && (0..<Int(node.edgeCount)).allSatisfy {
                edges[Int(node.firstEdge) + $0] == edges[Int(known.firstEdge) + $0]
            }
    }

    /// Traps while a checkpointed part is computed again: an operation is not the one of the forward pass.
    func trapIfRecomputing() {
        contract(
            !checkpoints.isRecomputing,
            "ActivationCheckpoint: in backward the body records other operations than in the forward pass; "
                + "it may depend only on its argument and on parameters"
        )
    }

    /// Computes a checkpointed part again if a node is in it, so that its operations have what backward needs.
    func recomputeCheckpoint(of node: Int) {
        // An inner checkpoint follows once the outer one has recorded it.
        while let part = checkpoints.parts.last, node < part.nodes.upperBound {
            checkpoints.parts.removeLast()
            if node >= part.nodes.lowerBound { recompute(part) }
        }
    }

    private func recompute(_ part: CheckpointedParts.Part) {
        let before = (slots: usedSlots, statistics: statistics)
        // The forward pass has added the statistics of batch normalizations.
        statistics = nil
        usedSlots = part.slots.lowerBound
        checkpoints.next = part.nodes.lowerBound
        _ = part.checkpoint.body(
            Variable(
                tape: self, index: part.input, pass: pass, value: part.value,
                parameter: nodes[part.input].parameter))
        if checkpoints.next != part.nodes.upperBound || usedSlots != part.slots.upperBound {
            trapIfRecomputing()
        }
        checkpoints.next = nil
        usedSlots = before.slots
        statistics = before.statistics
    }
}
