import TestSupport
import Testing

/// The properties of data-parallel steps, run under mpirun.
@Suite(.serialized) struct DataParallelRankTests {
    private func run(_ arguments: [String], ranks: Int) throws -> String {
        let result = try MPIRun.rankTest(arguments, ranks: ranks)
        #expect(result.status == 0, "\(arguments) on \(ranks) ranks: \(result.output.suffix(600))")
        return result.output
    }

    @Test(arguments: [4, 7]) func anyNumberOfRanksGivesTheSameBits(shards: Int) throws {
        let one = try run(["data-parallel", String(shards), "allowed"], ranks: 1)
        #expect(one.split(separator: "\n").count == 11)
        for ranks in 2...4 {
            #expect(
                try run(["data-parallel", String(shards), "allowed"], ranks: ranks) == one, "\(ranks) ranks")
        }
        #expect(try run(["data-parallel", String(shards), "refused"], ranks: 3) == one)
        #expect(try run(["data-parallel", String(shards), "allowed", "2"], ranks: 3) == one)
        #expect(try run(["data-parallel", String(shards), "allowed", "2"], ranks: 4) == one)
    }

    @Test func aFlippedBitIsNoticedByAllRanks() throws { _ = try run(["desync", "4", "refused"], ranks: 3) }

    @Test(arguments: ["allowed", "refused"]) func noRankAppliesANonFiniteStep(policy: String) throws {
        _ = try run(["non-finite", "4", policy], ranks: 3)
    }

    @Test func moreRanksThanShards() throws {
        let result = try MPIRun.rankTest(["data-parallel", "2", "allowed"], ranks: 3)
        #expect(result.status != 0)
        #expect(result.output.contains("3 ranks, but only 2 shards"))
    }
}
