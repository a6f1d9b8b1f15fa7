/// The part of the reduction tree that nodes finish among each other.
///
/// A node first sums its ranks' subtrees to its own: the maximal subtrees within its block of shards. The
/// rest of the tree, over the subtrees of all nodes, needs messages.
struct NodePlan {
    /// The node of each subtree, in shard order.
    let nodeOfSubtree: [Int]
    /// The tree over the subtrees in postfix order, as in `ReductionPlan.program`.
    let program: [Int32]
    /// The programs that sum this node's subtrees from the ranks' subtrees (numbers of
    /// `ReductionPlan.subtrees`).
    let localPrograms: [[Int32]]
    /// Whether every node has one subtree and the tree over them is balanced, so that recursive halving with
    /// distances 1, 2, 4, ... adds in its order.
    let isBalanced: Bool

    /// The largest number of subtrees of a node.
    var mostSubtrees: Int {
        var (most, first) = (1, 0)
        for subtree in nodeOfSubtree.indices {
            if nodeOfSubtree[subtree] != nodeOfSubtree[first] { first = subtree }
            most = max(most, subtree + 1 - first)
        }
        return most
    }

    /// The plan whose sums have the same bits as the tree over all shards.
    init(exact plan: ReductionPlan, nodes: [Range<Int>], mine: Int) {
        var subtrees: [Range<Int>] = []
        var owners: [Int] = []
        for (node, ranks) in nodes.enumerated() {
            ReductionPlan.collect(0..<plan.shards, within: plan.block(ofRanks: ranks), into: &subtrees)
            owners += [Int](repeating: node, count: subtrees.count - owners.count)
        }
        var program: [Int32] = []
        ReductionPlan.emit(0..<plan.shards, subtrees, &program)
        self.program = program
        nodeOfSubtree = owners
        localPrograms = subtrees.indices.filter { owners[$0] == mine }.map { subtree in
            var local: [Int32] = []
            ReductionPlan.emit(subtrees[subtree], plan.subtrees, &local)
            return local
        }
        isBalanced = subtrees.count == nodes.count && program == NodePlan.balanced(nodes.count)
    }

    /// A plan in which every node has one subtree, its total. Sums over several nodes have other bits than
    /// the tree over shards: for compressed exchanges and `MPI_Allreduce`.
    init(oneSubtreeEach plan: ReductionPlan, nodes: [Range<Int>], mine: Int) {
        let exact = NodePlan(exact: plan, nodes: nodes, mine: mine)
        var local = exact.localPrograms[0]
        for next in exact.localPrograms.dropFirst() { local += next + [-1] }
        localPrograms = [local]
        nodeOfSubtree = Array(nodes.indices)
        program = ReductionPlan(shards: nodes.count, ranks: nodes.count).program
        isBalanced = program == NodePlan.balanced(nodes.count)
    }

    /// A plan for a buffer of which each node has a whole copy.
    /// - Parameter isBalanced: whether to use the parts of recursive halving.
    init(oneCopyEach nodeCount: Int, isBalanced: Bool) {
        localPrograms = [[0]]
        nodeOfSubtree = Array(0..<nodeCount)
        program = ReductionPlan(shards: nodeCount, ranks: nodeCount).program
        self.isBalanced = isBalanced
    }

    /// The program of the balanced tree over a power of two; empty for other numbers.
    private static func balanced(_ count: Int) -> [Int32] {
        guard count & (count - 1) == 0 else { return [] }
        var programs = (0..<count).map { [Int32($0)] }
        while programs.count > 1 {
            programs = stride(from: 0, to: programs.count, by: 2).map {
                programs[$0] + programs[$0 + 1] + [-1]
            }
        }
        return programs[0]
    }
}

extension ReductionPlan {
    /// The shards of neighboring ranks.
    func block(ofRanks ranks: Range<Int>) -> Range<Int> {
        block(of: ranks.lowerBound).lowerBound..<block(of: ranks.upperBound - 1).upperBound
    }
}
