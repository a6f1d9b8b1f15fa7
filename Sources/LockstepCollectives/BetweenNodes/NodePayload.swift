import CKernels
import LockstepContracts

/// A flat buffer that nodes exchange: the sources of a node's part of the sum, and the destination of the
/// total.
final class NodePayload {
    let plan: NodePlan
    /// The destination of the total, and of the first subtree of this node.
    let total: UnsafeMutablePointer<Float>
    /// The subtrees of this node, each in the memory of its first rank's subtree.
    let subtrees: [UnsafeMutablePointer<Float>]

    private let rankSubtrees: UnsafePointer<UnsafePointer<Float>?>
    private let local: [UnsafeBufferPointer<Int32>]
    private let program: UnsafeBufferPointer<Int32>

    /// - Parameter rankSubtrees: the buffers of the ranks' subtrees by number, not nil for this node; must
    ///   stay valid.
    init(plan: NodePlan, rankSubtrees: UnsafePointer<UnsafePointer<Float>?>) {
        func copy(_ program: [Int32]) -> UnsafeBufferPointer<Int32> {
            let memory = UnsafeMutableBufferPointer<Int32>.allocate(capacity: program.count)
            _ = memory.initialize(from: program)
            return UnsafeBufferPointer(memory)
        }
        self.plan = plan
        self.rankSubtrees = rankSubtrees
        local = plan.localPrograms.map(copy)
        program = copy(plan.program)
        subtrees = plan.localPrograms.map { program in
            guard let first = program.first, let buffer = rankSubtrees[Int(first)] else {
                brokenContract("NodePayload: a subtree of another node")
            }
            return UnsafeMutablePointer(mutating: buffer)
        }
        total = subtrees[0]
    }

    deinit {
        for program in local { program.deallocate() }
        program.deallocate()
    }

    /// Sums the subtrees of this node's ranks in place.
    func reduceLocally(_ range: Range<Int>) {
        for (subtree, program) in zip(subtrees, local) where program.count > 1 {
            guard let start = program.baseAddress else { continue }
            lockstep_tree_reduce(
                subtree, rankSubtrees, start, program.count, range.lowerBound, range.upperBound)
        }
    }

    /// Sums the subtrees of this node's ranks, which form one subtree, and the squares of the sums.
    /// - Parameter range: begins at a chunk border.
    func reduceLocally(_ range: Range<Int>, squareSums: UnsafeMutablePointer<Double>) {
        guard let start = local[0].baseAddress else { return }
        lockstep_tree_reduce_squares(
            total, rankSubtrees, start, local[0].count, range.lowerBound, range.upperBound, squareSums)
    }

    /// Finishes the tree for a range of elements.
    /// - Parameter sources: the buffers of all nodes' subtrees.
    func finish(_ range: Range<Int>, sources: UnsafePointer<UnsafePointer<Float>?>) {
        guard let start = program.baseAddress else { return }
        lockstep_tree_reduce(total, sources, start, program.count, range.lowerBound, range.upperBound)
    }
}
