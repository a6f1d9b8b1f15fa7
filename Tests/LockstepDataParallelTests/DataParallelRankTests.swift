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

    /// Moments in parts: halving (2, 4), slices (3), unequal hosts (3 ranks on 2).
    @Test(arguments: [(2, 2), (4, 2), (4, 4), (3, 3), (3, 2)]) func shardedMomentsGiveTheSameBits(
        ranks: Int, hosts: Int
    ) throws {
        let one = try run(["data-parallel", "4", "allowed"], ranks: 1)
        #expect(try run(["data-parallel", "4", "allowed", String(hosts), "sharded"], ranks: ranks) == one)
    }

    /// Neighbors with different learning rates, also where slices, hosts and buckets cut them.
    @Test(arguments: ["", "large+"]) func learningRateFactorsGiveTheSameBits(_ size: String) throws {
        let one = try run(["data-parallel", "4", "allowed", "1", size + "factors"], ranks: 1)
        #expect(
            try one != run(["data-parallel", "4", "allowed", "1", size.isEmpty ? "" : "large"], ranks: 1))
        for ranks in [2, 3] {
            #expect(
                try run(["data-parallel", "4", "allowed", "1", size + "factors"], ranks: ranks) == one,
                "\(ranks) ranks")
            #expect(
                try run(["data-parallel", "4", "allowed", "2", size + "factors+sharded"], ranks: ranks)
                    == one, "\(ranks) ranks of two hosts")
        }
    }

    /// Norms of whole parameters, which lie in the slices of several ranks.
    @Test(arguments: ["lamb", "lars", "large+lamb"]) func layerwiseOptimizersGiveTheSameBits(form: String)
        throws
    {
        let one = try run(["data-parallel", "4", "allowed", "1", form], ranks: 1)
        for ranks in 2...4 {
            #expect(
                try run(["data-parallel", "4", "allowed", "1", form], ranks: ranks) == one, "\(ranks) ranks")
        }
        #expect(try run(["data-parallel", "4", "refused", "1", form], ranks: 3) == one)
        for (ranks, hosts) in [(2, 2), (3, 2), (4, 2)] {
            #expect(
                try run(["data-parallel", "4", "allowed", String(hosts), form], ranks: ranks) == one,
                "\(ranks) ranks on \(hosts) hosts")
        }
        let local = try run(["data-parallel", "4", "allowed", "2", form + "+sgd-3"], ranks: 2)
        #expect(try run(["data-parallel", "4", "allowed", "2", form + "+sgd-3"], ranks: 4) == local)
    }

    @Test func layerwiseOptimizersNeedWholeParameters() throws {
        let result = try MPIRun.rankTest(["data-parallel", "4", "allowed", "2", "sharded+lamb"], ranks: 2)
        #expect(result.status != 0)
        #expect(result.output.contains("shard_optimizer does not go with an optimizer that needs the norms"))
    }

    @Test(arguments: ["sgd-1", "sgd-3"]) func hostsThatUpdateOnTheirOwnAreEqualAfterAnAverage(_ form: String)
        throws
    {
        let two = try run(["data-parallel", "4", "allowed", "2", form], ranks: 2)
        #expect(try run(["data-parallel", "4", "allowed", "2", form], ranks: 4) == two)
    }

    /// Two phases in turn, a frozen parameter, and averages: on one host, on several, without shared memory, and with moments in parts.
    @Test func phasesGiveTheSameBits() throws {
        let one = try run(["phases", "5", "allowed"], ranks: 1)
        let lines = one.split(separator: "\n")
        #expect(lines.count == 12 + 9 + 2 * 3 + 3 + 3)
        for ranks in 2...4 {
            #expect(try run(["phases", "5", "allowed"], ranks: ranks) == one, "\(ranks) ranks")
        }
        #expect(try run(["phases", "5", "refused"], ranks: 3) == one)
        for (ranks, hosts) in [(2, 2), (3, 2), (4, 4)] {
            for form in ["", "sharded"] {
                #expect(
                    try run(["phases", "5", "allowed", String(hosts), form], ranks: ranks) == one,
                    "\(ranks) ranks on \(hosts) hosts \(form)")
            }
        }
        // What the other phase does leaves no trace in the first one.
        let alone = try run(["phases-alone", "5", "allowed"], ranks: 2)
        #expect(alone.split(separator: "\n") == lines.filter { $0.contains("first") })
    }

    /// Copied by one rank, by all, by rank 0 alone without shared memory, on rank 0's host alone, and with moments of other hosts.
    @Test func copiesForCheckpointsAreTheState() throws {
        let one = try run(["snapshot", "4", "allowed"], ranks: 1)
        #expect(one.split(separator: "\n").count == 2)
        for ranks in 2...4 { #expect(try run(["snapshot", "4", "allowed"], ranks: ranks) == one) }
        #expect(try run(["snapshot", "4", "refused"], ranks: 3) == one)
        for (ranks, hosts) in [(3, 2), (4, 2)] {
            #expect(try run(["snapshot", "4", "allowed", String(hosts)], ranks: ranks) == one)
            #expect(try run(["snapshot", "4", "allowed", String(hosts), "sharded"], ranks: ranks) == one)
        }
        _ = try run(["snapshot", "4", "allowed", "2", "sgd-3"], ranks: 4)
    }

    /// Two exchange gradients on different channels, and take turns.
    @Test(arguments: [(2, 1), (2, 2), (3, 2)], ["", "large", "large+sharded"]) func twoTrainLikeOneAlone(
        shape: (ranks: Int, hosts: Int), form: String
    ) throws {
        _ = try run(["second", "4", "allowed", String(shape.hosts), form], ranks: shape.ranks)
    }

    /// Parameters are frozen, thawed and given to another phase: on one host, on several, with moments in parts, and with the state
    /// saved and restored after each change.
    @Test func reassignedParametersGiveTheSameBits() throws {
        let one = try run(["reassign", "4", "allowed"], ranks: 1)
        // Six steps; three parameters, statistics, two averages, and two moments for each parameter that is trained.
        #expect(one.split(separator: "\n").count == 4 * (6 + 3 + 3 + 2) + 2 * (3 + 2 + 3 + 3))
        for ranks in 2...3 {
            #expect(try run(["reassign", "4", "allowed"], ranks: ranks) == one, "\(ranks) ranks")
        }
        #expect(try run(["reassign", "4", "refused"], ranks: 3) == one)
        for ranks in 1...3 {
            #expect(try run(["reassign", "4", "allowed", "1", "restored"], ranks: ranks) == one)
        }
        for (ranks, hosts) in [(2, 2), (3, 2), (3, 3)] {
            for form in ["", "sharded", "restored", "sharded+restored"] {
                #expect(
                    try run(["reassign", "4", "allowed", String(hosts), form], ranks: ranks) == one,
                    "\(ranks) ranks on \(hosts) hosts \(form)")
            }
        }
    }

    @Test(arguments: [(2, 2), (3, 2)]) func errorFeedbackOfFrozenParametersIsDropped(ranks: Int, hosts: Int)
        throws
    {
        _ = try run(["reassign-top-k", "4", "allowed", String(hosts)], ranks: ranks)
    }

    /// So many parameters that parts of the sums (of the parameters, where they are sharded) arrive during the next step.
    @Test(arguments: [(2, 2), (4, 2), (4, 4), (3, 3), (3, 2)]) func whatArrivesLaterGivesTheSameBits(
        ranks: Int, hosts: Int
    ) throws {
        let one = try run(["data-parallel", "5", "allowed", "1", "large"], ranks: 1)
        for form in ["large", "large+sharded"] {
            #expect(
                try run(["data-parallel", "5", "allowed", String(hosts), form], ranks: ranks) == one,
                "\(form)")
        }
        // Rounded sums depend on the hosts, but not on who updates, or when.
        let rounded = try run(
            ["data-parallel", "5", "allowed", String(hosts), "large+rounded"], ranks: ranks)
        #expect(rounded != one)
        #expect(
            try run(["data-parallel", "5", "allowed", String(hosts), "large+rounded+sharded"], ranks: ranks)
                == rounded)
    }

    /// Not with sharded parameters: there every host gets those of all others anew in every step.
    @Test(arguments: ["", "large"]) func aFlippedBitIsNoticedByAllRanks(form: String) throws {
        _ = try run(["desync", "4", "refused", "3", form], ranks: 3)
    }

    @Test(arguments: ["allowed", "refused"], ["", "large", "large+sharded"])
    func noRankAppliesANonFiniteStep(policy: String, form: String) throws {
        _ = try run(["non-finite", "4", policy, "3", form], ranks: 3)
    }

    @Test(arguments: ["allowed", "refused"], ["", "large", "large+sharded", "sgd-2"])
    func allRanksStopForANonFiniteParameter(policy: String, form: String) throws {
        _ = try run(["non-finite-parameter", "4", policy, "3", form], ranks: 3)
    }

    @Test func allRanksOfAHostStopForANonFiniteParameter() throws {
        _ = try run(["non-finite-parameter", "4", "allowed"], ranks: 3)
    }

    @Test func moreRanksThanShards() throws {
        let result = try MPIRun.rankTest(["data-parallel", "2", "allowed"], ranks: 3)
        #expect(result.status != 0)
        #expect(result.output.contains("3 ranks, but only 2 shards"))
    }
}
