import Foundation
import LockstepCheckpoints
import LockstepFaults
import LockstepTasks
import LockstepTimeline
import LockstepTraining
import Testing

/// Heartbeats on the disk, and who is blamed for what they say.
@Suite struct FaultReportTests {
    private let folder: RunLogFolder
    private let heartbeats: HeartbeatFolder

    init() throws {
        folder = try RunLogFolder()
        heartbeats = HeartbeatFolder(run: folder.url.path)
        try heartbeats.prepare()
    }

    /// A rank that has begun a step and entered phases, of a process that has ended or of this one.
    private func rank(
        _ number: Int, of ranks: Int = 3, step: Int, _ phases: [RankPhase], isHere: Bool = false
    ) throws -> Heartbeat {
        let identity = Heartbeat.Identity(
            rank: number, ranks: ranks, localRank: number, hostIndex: 0,
            host: isHere ? ProcessInfo.processInfo.hostName : "node\(number)",
            process: isHere ? getpid() : 4_000_000)
        let heartbeat = try #require(Heartbeat(path: heartbeats.path(ofRank: number), identity))
        heartbeat.beginStep(step - 1)
        for phase in phases { heartbeat.enter(phase) }
        return heartbeat
    }

    private func report() throws -> FaultReport { try FaultReport(run: folder.url.path) }

    @Test func aFileKeepsWhatWasSaid() throws {
        do {
            let heartbeat = try rank(2, step: 57, [.forward, .backward])
            heartbeat.setBucket(3)
            Array("a last word\n".utf8).withUnsafeBytes { heartbeat.say($0) }
            heartbeat.beat()
        }
        let state = try #require(heartbeats.read()[2].state)
        #expect(state.step == 57 && state.phase == .backward && !state.isWaiting && state.bucket == 3)
        #expect(state.message == "a last word\n" && state.failure == .none && state.exitStatus == nil)
        #expect(state.identity.host == "node2" && state.identity.ranks == 3 && state.beats >= 4)
        #expect(abs(state.wallSeconds - Date().timeIntervalSince1970) < 60)
        #expect(heartbeats.read()[0].state == nil && heartbeats.read()[1].state == nil)
    }

    /// A rank that waits in forward, where others may not, is not further for that reason.
    @Test func aWaitThatNotAllRanksHaveIsNoPlace() throws {
        let heartbeat = try rank(0, of: 2, step: 5, [])
        let other = try rank(1, of: 2, step: 5, [.forward])
        let timeline = StepTimeline(heartbeat: heartbeat)
        timeline.begin(.forward)
        for _ in 0..<3 {
            timeline.begin(.wait, isMeeting: false)
            let waiting = try #require(heartbeats.read()[0].state)
            #expect(waiting.isWaiting && waiting.phase == .wait && waiting.waits == 0)
            timeline.begin(.forward)
        }
        other.enter(.wait)
        let states = try heartbeats.read().map { try #require($0.state) }
        #expect(states[0].isBehind(states[1]) && !states[1].isBehind(states[0]))
    }

    @Test func longTextsAreCut() throws {
        let heartbeat = try rank(0, of: 1, step: 1, [])
        heartbeat.fail(String(repeating: "x", count: 5000), .own)
        // An error is not replaced by what is said after it.
        Array("later".utf8).withUnsafeBytes { heartbeat.say($0) }
        #expect(try #require(heartbeats.read()[0].state).message == String(repeating: "x", count: 512))
    }

    @Test func damagedFilesAreNoError() throws {
        _ = try rank(0, of: 4, step: 9, [.wait])
        for (rank, contents) in [(1, Data()), (2, Data(repeating: 0xFF, count: 4000))] {
            try contents.write(to: URL(fileURLWithPath: heartbeats.path(ofRank: rank)))
        }
        let report = try report()
        #expect(report.culprits.map(\.rank) == [1, 2, 3])
        #expect(report.text.contains("left no heartbeat that can be read"))
        try FileManager.default.removeItem(atPath: heartbeats.path)
        #expect(throws: CheckpointError.self) { try self.report() }
    }

    @Test func theKilledRankIsTheOneWithoutASignal() throws {
        let states = [
            try rank(0, step: 12, [.forward, .wait]), try rank(1, step: 12, [.backward]),
            try rank(2, step: 12, [.wait]),
        ]
        // mpirun ends the others by TERM first. Signal handlers are process-wide, so here the files are set
        // directly.
        for number in [0, 2] { states[number].end(status: 75) }
        let report = try report()
        #expect(report.kind == .ended && report.culprits.map(\.rank) == [1])
        #expect(
            report.text.contains("rank 1 on node1, process 4000000: step 12, phase backward, bucket none"))
        #expect(report.text.contains("killed"))
    }

    @Test func anOwnErrorIsBlamedBeforeItsConsequences() throws {
        let states = [
            try rank(0, step: 3, [.wait]), try rank(1, step: 3, [.load]), try rank(2, step: 3, [.wait]),
        ]
        states[0].fail("MPI_Testall failed", .communication)
        states[1].fail("the disk is full", .own)
        #expect(try report().culprits.map(\.rank) == [1])
        #expect(try report().text.contains("last message: the disk is full"))
        #expect(try !report().text(withErrors: false).contains("the disk is full"))
    }

    /// Ranks that stop together because of one rank's error have printed it: the launcher need not.
    @Test func agreedErrorsHaveBeenPrinted() throws {
        let states = [
            try rank(0, of: 2, step: 3, [.checkpoint]), try rank(1, of: 2, step: 3, [.wait]),
        ]
        states[0].fail("the disk is full", .own)
        states[0].end(status: 75)
        #expect(try report().isPrinted == nil)
        states[1].end(status: 75)
        #expect(try report().isPrinted == true && report().culprits.map(\.rank) == [0])
    }

    /// What it said last may have stayed on its host.
    @Test func theLastMessageOfADeadRankIsRepeated() throws {
        let states = [
            try rank(0, step: 3, [.wait]), try rank(1, step: 3, [.load]), try rank(2, step: 3, [.wait]),
        ]
        for number in [0, 2] { states[number].end(status: 75) }
        Array("checkpoint after step 2\n".utf8).withUnsafeBytes { states[1].say($0) }
        #expect(try report().text(withErrors: false).contains("last message: checkpoint after step 2"))
    }

    @Test func noRankIsBlamedForAGoodEnd() throws {
        for number in 0..<3 { try rank(number, step: 5, [.idle]).end(status: 0) }
        #expect(try report().kind == .none && report().culprits.isEmpty)
    }

    /// Ranks on other hosts are known only by their heartbeats.
    @Test func aRankThatMayStillRunIsNotCalledDead() throws {
        let states = [
            try rank(0, step: 8, [.wait]), try rank(1, step: 8, [.wait]), try rank(2, step: 8, [.load]),
        ]
        #expect(try report().kind == .none)
        #expect(try report().summary.hasPrefix("No rank has failed so far; running: rank 0 on node0, rank 1"))
        #expect(try report().text.contains("may still run: it is on another host"))
        let over = try FaultReport(run: folder.url.path, isOver: true)
        #expect(over.culprits.map(\.rank) == [2] && over.summary.contains("ended without an error message"))
        // What can be seen of the job has ended: then the others have, too.
        for number in [0, 1] { states[number].end(status: 75) }
        #expect(try report().culprits.map(\.rank) == [2])
        #expect(try report().summary == "rank 2 on node2 ended without an error message.")
    }

    /// All ranks may be stopped: then the launcher ends the job, and they are there still.
    @Test func whoIsSeenToRunSpeaksForTheOthers() throws {
        let states = [
            try rank(0, step: 8, [.load, .wait], isHere: true), try rank(1, step: 8, [.wait]),
            try rank(2, step: 8, [.load]),
        ]
        defer { withExtendedLifetime(states) {} }
        #expect(try report().kind == .none && report().text.contains("still runs"))
        let over = try FaultReport(run: folder.url.path, isOver: true)
        #expect(over.summary == "rank 2 on node2 was furthest behind when the job was stopped.")
        #expect(!over.text.contains("ended without an error message"))
    }

    @Test func ofRanksThatHangThoseWhoWaitAreInnocent() throws {
        _ = (
            try rank(0, step: 8, [.forward, .wait]), try rank(1, step: 8, [.forward, .wait, .reduce]),
            try rank(2, step: 8, [.load])
        )
        func hung(_ ages: [Double]) -> [Int] {
            FaultReport(hung: heartbeats.read(), ages: ages, timeout: 20).culprits.map(\.rank)
        }
        #expect(hung([20, 1, 20.3]) == [2])
        #expect(hung([20, 20.1, 20.3]) == [1, 2])
    }

    /// A rank holds its file as long as it lives.
    @Test func aFileIsHeldByItsRankAlone() throws {
        let path = heartbeats.path(ofRank: 1)
        do {
            let heartbeat = try rank(1, step: 8, [.forward])
            #expect(HeartbeatReader.isHeld(path) == true)
            _ = (try HeartbeatReader().read(path), FileManager.default.contents(atPath: path))
            #expect(HeartbeatReader.isHeld(path) == true, "reading takes nothing away")
            withExtendedLifetime(heartbeat) {}
        }
        #expect(HeartbeatReader.isHeld(path) == false)
        #expect(HeartbeatReader.isHeld(heartbeats.path(ofRank: 7)) == false)
    }

    @Test func aDeadRankIsNamedByItsNeighbour() throws {
        _ = (try rank(0, step: 8, [.wait]), try rank(1, step: 8, [.forward]), try rank(2, step: 8, [.wait]))
        let dead = FaultReport(dead: [1], heartbeats.read(), ages: [1, 2, 3])
        #expect(dead.kind == .ended && dead.culprits.map(\.rank) == [1] && dead.others.map(\.rank) == [0, 2])
        #expect(dead.summary == "rank 1 on node1 ended without an error message.")
        #expect(
            dead.text.contains(
                "rank 1 on node1, process 4000000: step 8, phase forward, bucket none, last heartbeat 2.0 s "
                    + "ago; ended without an error message: killed"
            ))
        FaultReporter(folder: heartbeats, rank: 0, log: folder.path("none"), printsReport: true).report(dead)
        #expect(try report().culprits == dead.culprits)
    }

    @Test(arguments: [true, false]) func theReportOfAWatchdogIsKept(_ printsReport: Bool) throws {
        _ = try rank(0, step: 8, [.wait])
        var hung = FaultReport(hung: heartbeats.read(), ages: [20, 20, 20], timeout: 20)
        FaultReporter(folder: heartbeats, rank: 0, log: folder.path("none"), printsReport: printsReport)
            .report(hung)
        hung.isPrinted = printsReport
        #expect(try report() == hung)
        // One report for the job.
        FaultReporter(folder: heartbeats, rank: 1, log: folder.path("none"), printsReport: true).report(
            FaultReport(hung: heartbeats.read(), ages: [30, 30, 30], timeout: 30))
        #expect(try report() == hung)
        try heartbeats.prepare()
        #expect(heartbeats.read().isEmpty)
    }

    @Test(arguments: [("", 600.0), ("0", 0), ("12.5", 12.5)]) func timeout(_ text: String, _ seconds: Double)
        throws
    {
        #expect(try RunWatch.timeout(["LOCKSTEP_TIMEOUT": text]) == seconds)
        #expect(try RunWatch.timeout([:]) == 600)
    }

    @Test(arguments: ["-1", "soon", "inf"]) func timeoutsThatAreNone(_ text: String) {
        #expect(throws: TrainingError.self) { try RunWatch.timeout(["LOCKSTEP_TIMEOUT": text]) }
    }
}
