import CKernels
import LockstepContracts

/// A flat buffer that groups exchange: where a group's part of the sum comes from, and where the total goes.
final class GroupPayload {
    let plan: GroupPlan
    /// Where the total goes; also where the first of this group's roots is made.
    let total: UnsafeMutablePointer<Float>
    /// Where this group's roots are made: each in the memory of the first rank's root that it consists of.
    let roots: [UnsafeMutablePointer<Float>]

    private let rankRoots: UnsafePointer<UnsafePointer<Float>?>
    private let local: [UnsafeBufferPointer<Int32>]
    private let program: UnsafeBufferPointer<Int32>

    /// - Parameter rankRoots: the buffers of the ranks' roots by number; those of this group are not nil. Must stay alive.
    init(plan: GroupPlan, rankRoots: UnsafePointer<UnsafePointer<Float>?>) {
        func copy(_ program: [Int32]) -> UnsafeBufferPointer<Int32> {
            let memory = UnsafeMutableBufferPointer<Int32>.allocate(capacity: program.count)
            _ = memory.initialize(from: program)
            return UnsafeBufferPointer(memory)
        }
        self.plan = plan
        self.rankRoots = rankRoots
        local = plan.localPrograms.map(copy)
        program = copy(plan.program)
        roots = plan.localPrograms.map { program in
            guard let first = program.first, let buffer = rankRoots[Int(first)] else {
                brokenContract("GroupPayload: a root of another group")
            }
            return UnsafeMutablePointer(mutating: buffer)
        }
        total = roots[0]
    }

    deinit {
        for program in local { program.deallocate() }
        program.deallocate()
    }

    /// Sums what this group's ranks expose, in place.
    func reduceLocally(_ range: Range<Int>) {
        for (root, program) in zip(roots, local) where program.count > 1 {
            guard let start = program.baseAddress else { continue }
            lockstep_tree_reduce(root, rankRoots, start, program.count, range.lowerBound, range.upperBound)
        }
    }

    /// Sums what this group's ranks expose, of which there must be one root, and the squares of the sums.
    /// - Parameter range: begins at a chunk's border.
    func reduceLocally(_ range: Range<Int>, squareSums: UnsafeMutablePointer<Double>) {
        guard let start = local[0].baseAddress else { return }
        lockstep_tree_reduce_squares(
            total, rankRoots, start, local[0].count, range.lowerBound, range.upperBound, squareSums)
    }

    /// Finishes the tree for some elements.
    /// - Parameter sources: the buffers of all groups' roots.
    func finish(_ range: Range<Int>, sources: UnsafePointer<UnsafePointer<Float>?>) {
        guard let start = program.baseAddress else { return }
        lockstep_tree_reduce(total, sources, start, program.count, range.lowerBound, range.upperBound)
    }
}
