import LockstepBenchmarks
import LockstepCollectives
import LockstepTraining
import Testing

/// What `lockstep bench allreduce` compares: each contestant starts with all of its buffers just written.
@Suite struct AllreduceContestantsTests {
    @Test(arguments: [4, 64, 4096, 65_536 + 8]) func everyBufferOfAContestantIsWrittenBeforeItsTurn(
        _ byteCount: Int
    ) throws {
        let contestants = try AllreduceContestants(
            communicator: Communicator(), byteCount: byteCount, policy: .allowed)
        for kind in AllreduceContestants.Kind.allCases {
            let buffers = contestants.buffers(of: kind)
            #expect(!buffers.isEmpty && buffers.allSatisfy { $0.count == byteCount / 4 })
            for buffer in buffers { buffer.update(repeating: 7) }
            contestants.refill(kind)
            #expect(buffers.allSatisfy { $0.allSatisfy { $0 == 1 } }, "\(kind)")
        }
    }

    /// The copy reads one buffer and writes the other: both are its own, so that "hot" means both.
    @Test func theCopyHasSourceAndDestination() throws {
        let contestants = try AllreduceContestants(
            communicator: Communicator(), byteCount: 1024, policy: .allowed)
        let buffers = contestants.buffers(of: .copy)
        try #require(buffers.count == 2)
        buffers[0].update(repeating: 3)
        buffers[1].update(repeating: 4)
        try contestants.run(.copy)
        #expect(buffers[1].allSatisfy { $0 == 3 })
    }
}
