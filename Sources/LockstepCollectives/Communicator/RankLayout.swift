internal import CMPI

/// The numbering of ranks by (host, rank on the host).
struct RankLayout {
    let rank: Int
    let size: Int
    let hostOfRank: [Int]
    let communicator: lockstep_mpi_comm

    /// Determines which ranks share a host, and creates a communicator in the new order. Collective.
    init(hostGrouping: Int?) throws(CollectiveError) {
        let world = lockstep_mpi_world()
        var worldRank: CInt = 0
        var worldSize: CInt = 0
        try check(lockstep_mpi_rank(world, &worldRank), "MPI_Comm_rank", rank: 0)
        let me = Int(worldRank)
        try check(lockstep_mpi_size(world, &worldSize), "MPI_Comm_size", rank: me)
        var local = world
        if let hostGrouping {
            let color = worldRank * CInt(min(hostGrouping, Int(worldSize))) / worldSize
            try check(lockstep_mpi_split(world, color, worldRank, &local), "MPI_Comm_split", rank: me)
        } else {
            try check(lockstep_mpi_split_by_host(world, &local), "MPI_Comm_split_type", rank: me)
        }
        // Hosts are ordered by their lowest world rank.
        var lowest = worldRank
        var request = lockstep_mpi_no_request()
        try check(lockstep_mpi_ibroadcast(&lowest, 4, 0, local, &request), "MPI_Ibcast", rank: me)
        try wait(&request, 1, "MPI_Ibcast", rank: me)
        try check(lockstep_mpi_free(&local), "MPI_Comm_free", rank: me)
        var hosts = [CInt](repeating: 0, count: Int(worldSize))
        var mine = lowest
        try check(lockstep_mpi_iallgather(&mine, 4, &hosts, world, &request), "MPI_Iallgather", rank: me)
        try wait(&request, 1, "MPI_Iallgather", rank: me)
        let order = (0..<hosts.count).sorted { (hosts[$0], $0) < (hosts[$1], $1) }
        let distinct = Set(hosts).sorted()
        hostOfRank = order.map { distinct.firstIndex(of: hosts[$0]) ?? 0 }
        rank = order.firstIndex(of: me) ?? 0
        size = Int(worldSize)
        var ordered = world
        try check(lockstep_mpi_split(world, 0, CInt(rank), &ordered), "MPI_Comm_split", rank: me)
        communicator = ordered
    }
}
