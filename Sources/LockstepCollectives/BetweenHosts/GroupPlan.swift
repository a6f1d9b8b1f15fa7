/// How groups of ranks that share memory (hosts) finish the reduction tree among each other.
///
/// A group first sums what its ranks expose to its own roots: the maximal subtrees that lie in its block of shards. The
/// rest of the tree, over the roots of all groups, needs messages.
struct GroupPlan {
    /// For each root, in the order of shards, its group.
    let groupOfRoot: [Int]
    /// The tree over the roots in postfix order, as in `ReductionPlan.program`.
    let program: [Int32]
    /// How this group makes its own roots from the ranks' roots (numbers of `ReductionPlan.roots`).
    let localPrograms: [[Int32]]
    /// Whether every group has one root and their tree is the balanced one, so that recursive halving with distances
    /// 1, 2, 4, ... adds in its order.
    let isBalanced: Bool

    /// How many roots a group has at most.
    var mostRoots: Int {
        var (most, first) = (1, 0)
        for root in groupOfRoot.indices {
            if groupOfRoot[root] != groupOfRoot[first] { first = root }
            most = max(most, root + 1 - first)
        }
        return most
    }

    /// The plan whose sums have the bits of the tree over all shards.
    init(exact plan: ReductionPlan, groups: [Range<Int>], mine: Int) {
        var roots: [Range<Int>] = []
        var owners: [Int] = []
        for (group, ranks) in groups.enumerated() {
            ReductionPlan.collect(0..<plan.shards, within: plan.block(ofRanks: ranks), into: &roots)
            owners += [Int](repeating: group, count: roots.count - owners.count)
        }
        var program: [Int32] = []
        ReductionPlan.emit(0..<plan.shards, roots, &program)
        self.program = program
        groupOfRoot = owners
        localPrograms = roots.indices.filter { owners[$0] == mine }.map { root in
            var local: [Int32] = []
            ReductionPlan.emit(roots[root], plan.roots, &local)
            return local
        }
        isBalanced = roots.count == groups.count && program == GroupPlan.balanced(groups.count)
    }

    /// A plan in which every group has one root, the sum of all it has. Sums over several groups have other bits than
    /// the tree over shards: for compressed exchanges, and for MPI's own sum.
    init(oneRootEach plan: ReductionPlan, groups: [Range<Int>], mine: Int) {
        let exact = GroupPlan(exact: plan, groups: groups, mine: mine)
        var local = exact.localPrograms[0]
        for next in exact.localPrograms.dropFirst() { local += next + [-1] }
        localPrograms = [local]
        groupOfRoot = Array(groups.indices)
        program = ReductionPlan(shards: groups.count, ranks: groups.count).program
        isBalanced = program == GroupPlan.balanced(groups.count)
    }

    /// A plan for a buffer of which each group has one whole copy.
    /// - Parameter isBalanced: whether its parts are to be those of recursive halving.
    init(oneCopyEach groupCount: Int, isBalanced: Bool) {
        localPrograms = [[0]]
        groupOfRoot = Array(0..<groupCount)
        program = ReductionPlan(shards: groupCount, ranks: groupCount).program
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
    /// The shards of neighbouring ranks.
    func block(ofRanks ranks: Range<Int>) -> Range<Int> {
        block(of: ranks.lowerBound).lowerBound..<block(of: ranks.upperBound - 1).upperBound
    }
}
