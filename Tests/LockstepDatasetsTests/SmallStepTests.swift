import LockstepDatasets
import LockstepTasks
import Testing

/// Steps that have not enough samples for all shards.
@Suite struct SmallStepTests {
    private func parts(_ samples: Int, _ shards: Int, smallest: Int) -> [Range<Int>] {
        (0..<shards).map { Sampler.positions(ofShard: $0, of: shards, samples: samples, smallest: smallest) }
    }

    @Test func everyShardWithSamplesHasEnough() {
        for samples in 2...70 {
            for shards in 1...20 {
                for smallest in 2...3 where samples >= smallest {
                    let parts = parts(samples, shards, smallest: smallest)
                    #expect(parts.flatMap(Array.init) == Array(0..<samples))
                    #expect(
                        parts.allSatisfy { $0.isEmpty || $0.count >= smallest },
                        "\(samples) in \(shards): \(parts)")
                }
            }
        }
        #expect(parts(1, 4, smallest: 2).flatMap(Array.init) == [0])
    }

    /// Bits depend on which shard has which samples.
    @Test func stepsThatHaveEnoughAreCutAsEver() {
        for shards in 1...20 {
            for samples in 0...70 {
                let ever = (0..<shards).map { $0 * samples / shards..<($0 + 1) * samples / shards }
                #expect(parts(samples, shards, smallest: 1) == ever)
                if samples >= 2 * shards { #expect(parts(samples, shards, smallest: 2) == ever) }
            }
        }
    }

    /// Every rank's loader has place for its shards of every step, and all shards together have every sample once.
    @Test(arguments: [(65, 12, 8), (65, 30, 8), (32, 1_000_000_000, 8), (41, 3, 3), (98, 24, 5)])
    func loadersServeThem(_ samples: Int, _ batch: Int, _ shards: Int) throws {
        let data = try OpenedData(
            .synthetic(.init(samples: samples, shape: [2], classes: 2)), cache: TestFolder().cache)
        let sampler = Sampler(count: samples, batch: batch, seed: 1)
        for ranks in 1...min(3, shards) {
            var seen = 0
            for rank in 0..<ranks {
                let mine = rank * shards / ranks..<(rank + 1) * shards / ranks
                let loader = try Loader(
                    data.dataset, sampler: sampler, shards: mine, of: shards, smallest: 2, from: 0, depth: 1)
                for _ in 0..<sampler.stepsPerEpoch {
                    let step = loader.next()
                    for shard in mine {
                        let count = step.shard(shard).inputs.shape[0]
                        seen += count
                        #expect(count != 1)
                    }
                    loader.release(step)
                }
                loader.close()
            }
            #expect(seen == samples, "\(ranks) ranks")
        }
    }
}
