import Foundation
import LockstepCollectives

extension RankTests {
    /// `abort STATUS`: the last rank aborts while the others wait in a barrier, asleep in the kernel.
    static func abortWhileOthersWait(_ arguments: [String]) throws {
        let (communicator, allreduce) = try waitingPair()
        if communicator.rank == communicator.size - 1 {
            usleep(200_000)
            communicator.abort(exitCode: Int32(arguments[0]) ?? 1)
        }
        allreduce.nodeBarrier()
        fail("rank \(communicator.rank) left a barrier that not all have reached")
    }

    /// `killed`: the last rank is killed while the others wait in a barrier.
    static func killedWhileOthersWait(_ arguments: [String]) throws {
        let (communicator, allreduce) = try waitingPair()
        if communicator.rank == communicator.size - 1 {
            usleep(200_000)
            kill(getpid(), SIGKILL)
        }
        allreduce.nodeBarrier()
        fail("rank \(communicator.rank) left a barrier that not all have reached")
    }

    private static func waitingPair() throws -> (Communicator, TreeAllreduce) {
        let communicator = try Communicator()
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: communicator.size, gradientCount: 4096, statisticsCount: 0,
            recordByteCount: 8, regions: [])
        return (communicator, allreduce)
    }

    /// `no-room BYTES`: a segment that has no room in /dev/shm is refused on all ranks, with the reason, and the sum is still right.
    static func noRoomForTheSegment(_ arguments: [String]) throws {
        let communicator = try Communicator()
        let tooMuch = Int(arguments[0]) ?? 0
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: communicator.size, gradientCount: 4096, statisticsCount: 0,
            recordByteCount: 8, regions: [SharedRegion("large", byteCount: tooMuch)])
        let refusal = allreduce.refusal.map { "\($0)" } ?? "none"
        let all = try communicator.allGather(Array(refusal.utf8))
        try require(all.allSatisfy { $0 == all[0] }, "ranks disagree")
        try require(
            refusal.hasPrefix("Rank 0 has no shared memory (/dev/shm has ")
                && refusal.contains("gradients travel by messages"), refusal)
        guard let step = allreduce.foldSteps.first else { return }
        for index in 0..<4096 { allreduce.buffer(for: step)[index] = Float(index + communicator.rank) }
        try allreduce.exchange()
        let extra = communicator.size * (communicator.size - 1) / 2
        for index in 0..<4096 {
            let expected = Float(communicator.size * index + extra)
            try require(allreduce.sum[index] == expected, "element \(index)")
        }
        try communicator.finalize()
    }
}
