import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers
import LockstepTensors

/// The gradients of one sparse table in a step, and where they are added up.
struct SparseTable {
    let parameter: Parameter
    /// The settings of the update.
    let group: ParameterGroup
    /// The sums over all shards of the rows that this rank updates, after `finish`.
    private(set) var total: SparseRows.View
    /// The sums of this rank's subtrees, then those of the levels above 0, as in `FoldStep`.
    private var sums: [SparseRows]
    /// The destination of the next addition.
    private var spare: SparseRows
    private let subtrees: Int
    private var stack: [SparseRows.View] = []
    /// Two lists for each height of the stack, and which is the destination of its next addition.
    private let stackSums: [SparseRows]
    private var next: [Int]

    var width: Int { parameter.shape[1] }
    var entries: Int { parameter.shape[0] }

    /// - Parameters:
    ///   - subtrees: the number of this rank's subtrees.
    ///   - levels: the number of levels above 0.
    ///   - program: the program of `finish`, as in `ReductionPlan`.
    init(_ parameter: Parameter, group: ParameterGroup, subtrees: Int, levels: Int, program: [Int32]) {
        self.parameter = parameter
        self.group = group
        self.subtrees = subtrees
        let width = parameter.shape[1]
        let height = SparseTable.height(program)
        sums = (0..<subtrees + levels).map { _ in SparseRows(width: width) }
        spare = SparseRows(width: width)
        stackSums = (0..<2 * height).map { _ in SparseRows(width: width) }
        next = Array(repeating: 0, count: height)
        // No rows.
        total = sums[0].view
        stack.reserveCapacity(height)
    }

    /// The rows of one of this rank's subtrees.
    func rows(ofSubtree number: Int) -> SparseRows.View { sums[number].view }

    /// The list of a shard, before the additions that follow it.
    /// - Parameter subtree: the number among this rank's subtrees.
    func list(subtree: Int, level: Int) -> SparseRows { sums[place(subtree, level)] }

    /// Adds a level to the one below.
    mutating func fold(subtree: Int, level: Int) {
        let below = place(subtree, level - 1)
        spare.merge(sums[below].view, sums[place(subtree, level)].view)
        (spare, sums[below]) = (sums[below], spare)
    }

    private func place(_ subtree: Int, _ level: Int) -> Int {
        level == 0 ? subtree : subtrees + level - 1
    }

    /// Finishes the tree.
    /// - Parameter rows: the rows of a subtree that this rank needs.
    mutating func finish(_ program: [Int32], _ rows: (Int) -> SparseRows.View) {
        stack.removeAll(keepingCapacity: true)
        for step in program {
            guard step < 0 else {
                stack.append(rows(Int(step)))
                continue
            }
            let right = stack.removeLast()
            let left = stack.removeLast()
            // The left one may be in the other list of this height.
            let height = stack.count
            let sum = stackSums[2 * height + next[height]]
            next[height] = 1 - next[height]
            sum.merge(left, right)
            stack.append(sum.view)
        }
        total = stack[0]
    }

    /// The largest height of the stack.
    private static func height(_ program: [Int32]) -> Int {
        var (height, largest) = (0, 0)
        for step in program {
            height += step < 0 ? -1 : 1
            largest = max(largest, height)
        }
        return largest
    }
}
