import TestSupport
import Testing

/// Sparse tables in data-parallel steps, run under mpirun.
@Suite(.serialized) struct SparseTableRankTests {
    private func run(
        _ ranks: Int, hosts: Int = 1, memory: String = "allowed", shards: Int = 5, _ form: String
    )
        throws -> String
    {
        let arguments = ["sparse", String(shards), memory, String(hosts), form]
        let result = try MPIRun.rankTest(arguments, ranks: ranks)
        #expect(result.status == 0, "\(arguments) on \(ranks) ranks: \(result.output.suffix(600))")
        return result.output
    }

    @Test(arguments: ["", "adam+clipped", "adamw+rounded", "one+adam", "phases+adam", "frozen+adam"])
    func anyNumberOfRanksGivesTheSameBits(form: String) throws {
        let one = try run(1, form)
        #expect(one.split(separator: "\n").count > 15)
        for ranks in 2...4 { #expect(try run(ranks, form) == one, "\(ranks) ranks") }
        #expect(try run(3, memory: "refused", form) == one)
        for (ranks, hosts) in [(2, 2), (3, 2), (4, 2)] {
            for way in ["", "+sharded"] {
                #expect(
                    try run(ranks, hosts: hosts, form + way) == one, "\(ranks) ranks on \(hosts) hosts\(way)")
            }
        }
    }

    /// Rows that a shard does not use add nothing.
    @Test(arguments: ["compared", "compared+rounded", "compared+one"]) func sumsHaveTheBitsOfADenseTable(
        form: String
    )
        throws
    {
        let dense = try run(1, form + "+dense")
        #expect(try run(1, form) == dense)
        #expect(try run(3, form) == dense)
        #expect(try run(3, hosts: 2, form) == dense)
    }

    @Test(arguments: ["flipped+adam", "flipped-used+one+adam"]) func aFlippedBitIsNoticed(form: String) throws
    {
        _ = try run(2, hosts: 2, form)
        _ = try run(3, hosts: 3, form)
    }

    @Test func aCopyOfTheStateIsTheState() throws {
        let one = try run(1, "adam")
        for (ranks, hosts, way) in [(1, 1, ""), (3, 1, ""), (3, 2, ""), (4, 2, "+sharded")] {
            #expect(try run(ranks, hosts: hosts, "adam+copied" + way) == one, "\(ranks) ranks")
        }
    }

    @Test(arguments: [
        ("local", "local_sgd does not go with the sparse table"), ("lamb", "norms of whole parameters"),
        ("top-k", "top_k does not go"), ("average", "average does not go"),
    ]) func whatWouldChangeAllRowsIsRefused(form: String, reason: String) throws {
        let result = try MPIRun.rankTest(["sparse", "4", "allowed", "2", form], ranks: 2)
        #expect(result.status != 0)
        #expect(result.output.contains(reason), "\(result.output.suffix(600))")
    }
}
