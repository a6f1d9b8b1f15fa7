import LockstepContracts

/// Which rank sums which part of the fixed binary tree over the shards of a step.
///
/// Leaves are shards 0 ..< S; a node over [a, b) splits at a + the largest power of two below b - a. Ranks
/// own contiguous blocks of shards, as even as possible. A rank sums the maximal subtrees that lie in its
/// block (its subtrees); the owner of a slice of the flat buffer finishes the tree from the subtrees of all
/// ranks. So the order of additions, and every bit of the sum, is the same for any number of ranks.
public struct ReductionPlan: Sendable, Hashable {
    /// The number of leaves S.
    public let shards: Int
    /// The number of ranks, at most S.
    public let ranks: Int
    /// The subtrees of all ranks in shard order: ranges of shards.
    public let subtrees: [Range<Int>]
    /// The rank of each subtree.
    public let rankOfSubtree: [Int]
    /// The rest of the tree in postfix order: n >= 0 pushes subtree n, -1 adds the two top entries of the
    /// stack.
    public let program: [Int32]

    /// The plan for a number of shards and ranks. Traps unless 1 <= ranks <= shards.
    public init(shards: Int, ranks: Int) {
        contract(ranks >= 1 && ranks <= shards, "ReductionPlan: \(ranks) ranks for \(shards) shards")
        self.shards = shards
        self.ranks = ranks
        var subtrees: [Range<Int>] = []
        var owners: [Int] = []
        for rank in 0..<ranks {
            let block = ReductionPlan.block(of: rank, ranks: ranks, shards: shards)
            ReductionPlan.collect(0..<shards, within: block, into: &subtrees)
            owners += [Int](repeating: rank, count: subtrees.count - owners.count)
        }
        self.subtrees = subtrees
        rankOfSubtree = owners
        var program: [Int32] = []
        ReductionPlan.emit(0..<shards, subtrees, &program)
        self.program = program
    }

    /// The shards of a rank.
    public func block(of rank: Int) -> Range<Int> {
        ReductionPlan.block(of: rank, ranks: ranks, shards: shards)
    }

    /// The shards of rank `rank` of `ranks`.
    public static func block(of rank: Int, ranks: Int, shards: Int) -> Range<Int> {
        rank * shards / ranks..<(rank + 1) * shards / ranks
    }

    /// The first shard of the right child of a node.
    public static func split(_ node: Range<Int>) -> Int {
        var half = 1
        while half * 2 < node.count { half *= 2 }
        return node.lowerBound + half
    }

    /// Folds values of the leaves of a node in the order of the tree. Complexity: no allocation.
    /// - Parameters:
    ///   - node: at least one leaf.
    ///   - leaf: the value of a leaf.
    ///   - add: the value of two neighbors.
    @inlinable public static func folded<Value>(
        _ node: Range<Int>, _ leaf: (Int) -> Value, _ add: (Value, Value) -> Value
    ) -> Value {
        if node.count == 1 { return leaf(node.lowerBound) }
        let middle = split(node)
        return add(
            folded(node.lowerBound..<middle, leaf, add), folded(middle..<node.upperBound, leaf, add))
    }

    /// How a rank computes its shards with few buffers: the buffer of each shard in order, and the additions
    /// that follow.
    public func foldSteps(of rank: Int) -> [FoldStep] {
        var steps: [FoldStep] = []
        for (number, subtree) in subtrees.enumerated() where rankOfSubtree[number] == rank {
            ReductionPlan.fold(subtree, subtree: number, level: 0, into: &steps)
        }
        return steps
    }

    /// Appends the maximal subtrees of a node that lie in a block of leaves, in the order of leaves.
    static func collect(_ node: Range<Int>, within block: Range<Int>, into subtrees: inout [Range<Int>]) {
        if node.lowerBound >= block.upperBound || node.upperBound <= block.lowerBound { return }
        if node.lowerBound >= block.lowerBound && node.upperBound <= block.upperBound {
            subtrees.append(node)
            return
        }
        let middle = split(node)
        collect(node.lowerBound..<middle, within: block, into: &subtrees)
        collect(middle..<node.upperBound, within: block, into: &subtrees)
    }

    /// Appends the postfix program that sums a node from `subtrees`, which are in shard order.
    static func emit(_ node: Range<Int>, _ subtrees: [Range<Int>], _ program: inout [Int32]) {
        if let index = index(of: node, in: subtrees) {
            program.append(Int32(index))
            return
        }
        let middle = split(node)
        emit(node.lowerBound..<middle, subtrees, &program)
        emit(middle..<node.upperBound, subtrees, &program)
        program.append(-1)
    }

    /// The number of a subtree, by bisection: there are as many as ranks.
    private static func index(of node: Range<Int>, in subtrees: [Range<Int>]) -> Int? {
        var (low, high) = (0, subtrees.count)
        while low < high {
            let middle = (low + high) / 2
            if subtrees[middle].lowerBound < node.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < subtrees.count && subtrees[low] == node ? low : nil
    }

    private static func fold(_ node: Range<Int>, subtree: Int, level: Int, into steps: inout [FoldStep]) {
        if node.count == 1 {
            steps.append(FoldStep(shard: node.lowerBound, subtree: subtree, level: level, additions: 0))
            return
        }
        let middle = split(node)
        fold(node.lowerBound..<middle, subtree: subtree, level: level, into: &steps)
        fold(middle..<node.upperBound, subtree: subtree, level: level + 1, into: &steps)
        steps[steps.count - 1].additions += 1
    }
}

/// One shard of a rank: it is computed into the buffer of its level, then the upper buffers are added
/// downwards.
public struct FoldStep: Sendable, Hashable {
    /// The shard.
    public var shard: Int
    /// The subtree that the shard belongs to, in the plan's numbering.
    public var subtree: Int
    /// The buffer: 0 is the subtree's buffer, exposed to other ranks; others are working memory.
    public var level: Int
    /// The number of additions that follow: level - 1 += level, then level - 2 += level - 1, and so on.
    public var additions: Int
}
