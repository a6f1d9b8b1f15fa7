import LockstepCollectives
import LockstepMetrics

/// The sums of the blocks that this rank evaluated, and their exchange.
///
/// Doubles and lists are stored per block, since their order matters; counts add up in the task's sums.
struct BlockSums<Sums: MetricSums> {
    private let emptyDoubles: [Double]
    private let emptyLists: [[UInt8]]
    /// Shape [blocks of this rank, number of doubles].
    private var doubles: [Double] = []
    /// For each list, the values of all blocks in sequence.
    private var lists: [[UInt8]]
    /// Shape [blocks of this rank, number of lists]: the length of each block's part of each list.
    private var lengths: [Int] = []

    init(_ fresh: Sums) {
        emptyDoubles = fresh.doubles
        emptyLists = fresh.lists.map { _ in [] }
        lists = emptyLists
    }

    /// Moves the doubles and lists of a block out of the sums; counts stay in them.
    mutating func take(_ sums: inout Sums) {
        doubles += sums.doubles
        sums.doubles = emptyDoubles
        guard !lists.isEmpty else { return }
        for (index, list) in sums.lists.enumerated() {
            lists[index] += list
            lengths.append(list.count)
        }
        sums.lists = emptyLists
    }

    /// The sums of all ranks, in block order. Collective.
    func merged(_ mine: Sums, fresh: Sums, blocks: Int, _ communicator: Communicator) throws -> Sums {
        var total = fresh
        if !emptyDoubles.isEmpty { try mergeDoubles(into: &total, fresh: fresh, blocks, communicator) }
        if !mine.counts.isEmpty {
            let all: [[Int64]] = try allGather(mine.counts, communicator)
            total.counts = all.dropFirst().reduce(all[0]) { zip($0, $1).map(+) }
        }
        if !lists.isEmpty { total.lists = try mergedLists(blocks, communicator) }
        return total
    }

    private func mergeDoubles(
        into total: inout Sums, fresh: Sums, _ blocks: Int, _ communicator: Communicator
    ) throws {
        let all: [[Double]] = try allGather(doubles, communicator)
        let width = emptyDoubles.count
        for block in 0..<blocks {
            let place = block / communicator.size * width
            var part = fresh
            part.doubles = Array(all[block % communicator.size][place..<place + width])
            total.merge(part)
        }
    }

    private func mergedLists(_ blocks: Int, _ communicator: Communicator) throws -> [[UInt8]] {
        let allLengths: [[Int]] = try allGather(lengths, communicator)
        return try lists.indices.map { index in
            let all: [[UInt8]] = try allGather(lists[index], communicator)
            var places = [Int](repeating: 0, count: communicator.size)
            var result: [UInt8] = []
            for block in 0..<blocks {
                let rank = block % communicator.size
                let length = allLengths[rank][block / communicator.size * lists.count + index]
                result += all[rank][places[rank]..<places[rank] + length]
                places[rank] += length
            }
            return result
        }
    }

    private func allGather<Element: BitwiseCopyable>(
        _ values: [Element], _ communicator: Communicator
    ) throws -> [[Element]] {
        try communicator.allGather(values.withUnsafeBytes { Array($0) }).map { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
        }
    }
}
