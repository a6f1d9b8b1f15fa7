/// Who shares memory with whom, and who sums which slice. A group is the ranks of a host, or one rank where memory
/// is not shared.
struct GroupLayout {
    /// Ranks of each group; contiguous.
    let groups: [Range<Int>]
    /// The group of this rank.
    let mine: Int
    /// This rank's number in its group.
    let localRank: Int

    init(communicator: Communicator, isShared: Bool) {
        guard isShared else {
            groups = (0..<communicator.size).map { $0..<$0 + 1 }
            mine = communicator.rank
            localRank = 0
            return
        }
        var groups: [Range<Int>] = []
        for rank in 0..<communicator.size {
            if rank > 0 && communicator.hostOfRank[rank] == communicator.hostOfRank[rank - 1] {
                groups[groups.count - 1] = groups[groups.count - 1].lowerBound..<rank + 1
            } else {
                groups.append(rank..<rank + 1)
            }
        }
        self.groups = groups
        mine = communicator.hostIndex
        localRank = communicator.localRank
    }

    /// The number of ranks in this rank's group.
    var localSize: Int { groups[mine].count }

    /// Part `part` of `parts` of `count` floats, cut at borders of chunks.
    static func slice(_ part: Int, of parts: Int, count: Int, chunk: Int) -> Range<Int> {
        let chunks = (count + chunk - 1) / chunk
        let begin = min(count, part * chunks / parts * chunk)
        let end = min(count, (part + 1) * chunks / parts * chunk)
        return begin..<end
    }
}
