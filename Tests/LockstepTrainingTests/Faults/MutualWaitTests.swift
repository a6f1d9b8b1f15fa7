import Foundation
import LockstepFaults
import LockstepTimeline
import LockstepTraining
import Testing

/// Reports of jobs of which all ranks wait for others, from heartbeats.
@Suite struct MutualWaitTests {
    private let folder: RunLogFolder
    private let heartbeats: HeartbeatFolder

    init() throws {
        folder = try RunLogFolder()
        heartbeats = HeartbeatFolder(run: folder.url.path)
        try heartbeats.prepare()
    }

    /// A rank that waits in step 8, for the `waits`-th time.
    private struct Waiting {
        var host: String
        var waits = 2
        var bucket: Int?
    }

    private func report(_ ranks: [Waiting]) throws -> FaultReport {
        // Those of an earlier job are put aside.
        try heartbeats.prepare()
        for (number, waiting) in ranks.enumerated() {
            let identity = Heartbeat.Identity(
                rank: number, ranks: ranks.count, localRank: 0, hostIndex: 0, host: waiting.host,
                process: 4_000_000)
            let heartbeat = try #require(Heartbeat(path: heartbeats.path(ofRank: number), identity))
            heartbeat.beginStep(7)
            for wait in 0..<waiting.waits {
                if wait > 0 { heartbeat.enter(.reduce) }
                heartbeat.enter(.wait)
            }
            if let bucket = waiting.bucket { heartbeat.setBucket(bucket) }
        }
        return FaultReport(
            hung: heartbeats.read(), ages: ranks.map { _ in 20.2 }, timeout: 20)
    }

    private func two(_ first: Waiting, _ second: Waiting) -> [Waiting] { [first, first, second, second] }

    @Test func theLinkBetweenTwoHostsIsNamedAndNoRank() throws {
        let report = try report(two(Waiting(host: "h1"), Waiting(host: "h2")))
        #expect(report.kind == .hung && report.culprits.isEmpty && report.others.count == 4)
        #expect(
            report.summary.hasPrefix(
                "No rank made progress for 20.2 s (time-out 20.0 s), and all wait for others: "
                    + "the network between h1 and h2 is probably cut. The job is ended."), "\(report.summary)"
        )
        #expect(
            report.text.contains("all ranks:") && report.text.contains("rank 3 on h2: step 8, phase wait"))
    }

    /// It has not received what the other host has.
    @Test func aWholeHostThatIsBehindMayBeCutOff() throws {
        let report = try report(two(Waiting(host: "h1", waits: 3), Waiting(host: "h2")))
        #expect(report.culprits.isEmpty)
        #expect(
            report.summary.contains(
                "the network between h2 and h1 is probably cut, or h2 hangs (behind the others: rank 2, 3)"))
    }

    @Test func ofThreeHostsTheOneThatIsBehindIsNamed() throws {
        let behind = try report([Waiting(host: "a"), Waiting(host: "b", waits: 1), Waiting(host: "c")])
        #expect(behind.culprits.isEmpty && behind.summary.contains("between b and a, c is probably cut"))
        let bucket = try report([
            Waiting(host: "a", bucket: 4), Waiting(host: "b", bucket: 4), Waiting(host: "c", bucket: 2),
        ])
        #expect(bucket.culprits.isEmpty && bucket.summary.contains("between c and a, b is probably cut"))
        let equal = try report([Waiting(host: "a"), Waiting(host: "b"), Waiting(host: "c")])
        #expect(equal.culprits.isEmpty)
        #expect(equal.summary.contains("the network between some of the hosts a, b, c is probably cut"))
    }

    /// The others of its host have left the wait that it is in: only the rank itself delays it.
    @Test func aRankThatIsBehindItsHostIsToBlame() throws {
        var ranks = two(Waiting(host: "h1", waits: 3), Waiting(host: "h2", waits: 3))
        ranks[2].waits = 2
        #expect(try report(ranks).culprits.map(\.rank) == [2])
        #expect(try report([Waiting(host: "h", waits: 1), Waiting(host: "h")]).culprits.map(\.rank) == [0])
    }

    @Test func onOneHostThereIsNoLink() throws {
        let report = try report([Waiting(host: "h"), Waiting(host: "h")])
        #expect(
            report.culprits.isEmpty
                && report.summary.contains("all wait for others: they wait for each other"))
        #expect(!report.summary.contains("network"))
    }

    @Test func failedCommunicationBlamesNoWaitingRank() throws {
        _ = try report(two(Waiting(host: "h1"), Waiting(host: "h2")))
        let report = FaultReport(
            communication: "MPI_Test failed.", noticedBy: 0, heartbeats.read(), ages: [1, 1, 1, 1])
        #expect(report.kind == .communication && report.culprits.isEmpty)
        #expect(
            report.summary
                == "Rank 0 cannot reach other ranks; none of them is known to be gone: the network between h1 "
                + "and h2 is probably cut. MPI_Test failed."
        )
    }
}
