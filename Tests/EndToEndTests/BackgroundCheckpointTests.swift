import Foundation
import Synchronization
import Testing

/// Checkpoints that are written while training continues, with kills, failures, hangs and delays.
@Suite(.serialized, .enabled(if: WriterFault.isPossible, "needs strace")) struct BackgroundCheckpointTests {
    private let directory: TemporaryDirectory
    private let file: String
    private let run: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("run.yaml", UndisturbedRun.file())
        run = directory.path("run")
    }

    private var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: run + "/checkpoints")) ?? []
    }

    private func expectTheSameBitsAfterResume(ranks: Int, _ comment: String = "") throws {
        let resumed = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run, "--resume"], timeout: 120)
        #expect(resumed.status == 0, "\(comment): \(resumed.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil, "\(comment)")
        #expect(!names.contains { $0.hasPrefix(".") }, "\(comment): \(names)")
    }

    /// Kills the job at one system call of the checkpoint after step 60.
    /// - Returns: whether there was such a call.
    private func kill(_ call: String, _ number: Int, ranks: Int) throws -> Bool {
        try? FileManager.default.removeItem(atPath: run)
        let fault = WriterFault(run: run, step: 60, call: call, fault: "signal=KILL:when=\(number)")
        let killed = try fault.train([file], ranks: ranks, in: directory)
        let comment = "\(call) \(number) on \(ranks) ranks"
        if killed.status == 0 { return false }
        #expect(killed.status == 137 && !killed.timedOut, "\(comment): \(killed.tail)")
        let names = names
        #expect(names.contains("step-00000030"), "\(comment): \(names)")
        #expect(!names.contains("step-00000090"), "\(comment): \(names)")
        let latest = try FileManager.default.destinationOfSymbolicLink(atPath: run + "/checkpoints/latest")
        #expect(names.contains(latest), "\(comment): \(latest) of \(names)")
        let verified = try CommandRunner.run(CommandRunner.command, ["inspect", "--verify", run])
        #expect(verified.status == 0, "\(comment): \(verified.tail)")
        try expectTheSameBitsAfterResume(ranks: 3 - ranks, comment)
        return true
    }

    @Test(arguments: [("write", 3, 1), ("fsync", 2, 2), ("rename", 2, 1), ("symlink", 2, 1)])
    func killedDuringTheWrite(_ call: String, _ number: Int, _ ranks: Int) throws {
        #expect(try kill(call, number, ranks: ranks))
    }

    @Test(
        .enabled(if: CommandRunner.runsAll, "takes minutes: scripts/test --all"),
        arguments: ["mkdir", "openat", "write", "sync_file_range", "fsync", "close", "rename", "symlink"])
    func killedAtEveryCall(_ call: String) throws {
        var number = 1
        while try kill(call, number, ranks: number % 4 == 0 ? 2 : 1) { number += 1 }
        #expect(number > 1, "\(call) never happened")
    }

    /// The first file of the checkpoint after step 60 takes three seconds to reach the disk.
    @Test(arguments: [1, 2]) func stepsGoOnMeanwhile(_ ranks: Int) throws {
        let fault = WriterFault(run: run, step: 60, call: "fsync", fault: "delay_enter=3000000:when=1")
        let latest = Mutex<Int>(-1)
        let isOver = Mutex<Bool>(false)
        let partial = run + "/checkpoints/.step-00000060.partial"
        let watcher = DispatchSemaphore(value: 0)
        let run = run
        Thread.detachNewThread {
            while !isOver.withLock({ $0 }) {
                let step = RankKiller.lastStep(run)
                // It is written still: so the step was made while it was.
                if FileManager.default.fileExists(atPath: partial) { latest.withLock { $0 = max($0, step) } }
                usleep(5000)
            }
            watcher.signal()
        }
        let result = try fault.train([file], ranks: ranks, in: directory)
        isOver.withLock { $0 = true }
        watcher.wait()
        #expect(result.status == 0, "\(result.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
        // The next one is due after step 90, and waits.
        let seen = latest.withLock { $0 }
        #expect(seen > 60 && seen <= 90, "step \(seen)")
        #expect(
            result.output.components(separatedBy: "Warning: step 90: all ranks waited").count == 2,
            "\(result.output)")
        let log = try String(contentsOfFile: run + "/train.log", encoding: .utf8)
        let complete = try [30, 60, 90, 100].map { step in
            try #require(log.range(of: "checkpoint after step \(step): ", options: []), "\(log)")
        }
        #expect(zip(complete, complete.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }, "\(log)")
    }

    @Test(arguments: [("fsync", "EIO", 1), ("write", "ENOSPC", 2), ("rename", "EACCES", 2)])
    func aFailureEndsAllRanksWithOneMessage(_ call: String, _ error: String, _ ranks: Int) throws {
        // The first rename is that of `latest` after step 30.
        let number = call == "rename" ? 2 : 1
        let fault = WriterFault(run: run, step: 60, call: call, fault: "error=\(error):when=\(number)")
        let result = try fault.train([file], ranks: ranks, in: directory)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.errors("\(call) failed: ") == 1, "\(result.output)")
        #expect(
            result.output.contains("Earlier complete checkpoints are unchanged."),
            "\(result.output)")
        #expect(Set(names) == ["step-00000030", "latest"])
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: run + "/checkpoints/latest")
        #expect(link == "step-00000030")
        let report = try CommandRunner.run(CommandRunner.command, ["report", run])
        #expect(report.output.contains("rank 0 on "), "\(report.output)")
        #expect(report.output.contains("\(call) failed"), "\(report.output)")
        try expectTheSameBitsAfterResume(ranks: 3 - ranks)
    }

    /// A checkpoint is not complete without the lines of its steps.
    @Test func metricsThatDoNotReachTheDisk() throws {
        let fault = WriterFault(
            run: run, step: 60, call: "fsync", fault: "error=EIO:when=2", file: run + "/metrics.jsonl")
        let result = try fault.train([file], ranks: 2, in: directory)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.errors("metrics.jsonl: fsync failed: ") == 1, "\(result.output)")
        #expect(Set(names) == ["step-00000030", "latest"])
        try expectTheSameBitsAfterResume(ranks: 1)
    }

    /// After step 100 the checkpoint after step 30 is to go.
    @Test func anOldOneThatCannotBeRemovedIsAWarning() throws {
        // Renames that touch its place or the link: to there and that of the link, of the link three times
        // more, away from there.
        let fault = WriterFault(run: run, step: 30, call: "rename", fault: "error=EIO:when=6")
        let result = try fault.train([file], ranks: 2, in: directory)
        #expect(result.status == 0, "\(result.status): \(result.tail)")
        #expect(
            result.output.components(separatedBy: "step 100: an older checkpoint could not be removed").count
                == 2,
            "\(result.output)")
        #expect(names.contains("step-00000030") && names.contains("step-00000100"), "\(names)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// The last one of a run fails when no step follows.
    @Test func aFailureAtTheEnd() throws {
        let fault = WriterFault(run: run, step: 100, call: "fsync", fault: "error=EIO:when=1")
        let result = try fault.train([file], ranks: 2, in: directory)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.errors("fsync failed: ") == 1, "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: run + "/summary.json"))
        try expectTheSameBitsAfterResume(ranks: 1)
    }

    /// A run is not over before its last checkpoint is: here long after the last evaluation.
    @Test func theLastOneIsWaitedFor() throws {
        let fault = WriterFault(run: run, step: 100, call: "fsync", fault: "delay_enter=8000000:when=1")
        let result = try fault.train([file], ranks: 2, in: directory)
        #expect(result.status == 0, "\(result.status): \(result.tail)")
        let latest = try FileManager.default.destinationOfSymbolicLink(atPath: run + "/checkpoints/latest")
        #expect(latest == "step-00000100")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// A disk that no longer responds, as behind a dead network.
    @Test func aWriterThatHangsIsNamed() throws {
        let fault = WriterFault(run: run, step: 60, call: "fsync", fault: "delay_enter=100000000:when=1")
        let result = try fault.train([file, "--timeout", "4"], ranks: 2, in: directory, timeout: 60)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.output.components(separatedBy: "made no progress").count == 2, "\(result.output)")
        #expect(result.output.contains("step 90, phase checkpoint, "), "\(result.output)")
        let report = try CommandRunner.run(CommandRunner.command, ["report", run])
        #expect(report.output.hasPrefix("rank 0 on "), "\(report.output)")
        // The tracer holds the thread that it delays, and so the lock on the run directory.
        for process in RankKiller.processes(run, "/lockstep") + RankKiller.processes(run, "strace") {
            Foundation.kill(process, SIGKILL)
        }
        let deadline = Date(timeIntervalSinceNow: 30)
        repeat { usleep(100_000) } while Date() < deadline && !RankKiller.processes(run, "strace").isEmpty
        try expectTheSameBitsAfterResume(ranks: 1)
    }

    /// A disk that is slow, but gets on: longer than the time-out in all, no part as long.
    @Test func aSlowWriterIsNotTakenForAHang() throws {
        let fault = WriterFault(run: run, step: 60, call: "write", fault: "delay_enter=250000")
        let result = try fault.train([file, "--timeout", "3"], ranks: 2, in: directory)
        #expect(result.status == 0, "\(result.status): \(result.tail)")
        #expect(result.output.contains("Warning: step 90: all ranks waited"), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    @Test func aSignalWaitsForTheLastOne() throws {
        let fault = WriterFault(run: run, step: 60, call: "fsync", fault: "delay_enter=2000000:when=1")
        let sender = RankKiller(run: run, step: 62, signal: SIGTERM, program: "/scripts/launch")
        let result = try fault.train([file], ranks: 2, in: directory)
        #expect(sender.finish() && result.status == 0, "\(result.status): \(result.tail)")
        let summary = try String(contentsOfFile: run + "/summary.json", encoding: .utf8)
        #expect(summary.contains("\"stopped_because\": \"signal\""), "\(summary)")
        #expect(names.count == 4, "\(names)")
        #expect(result.output.contains("a checkpoint has been written"), "\(result.output)")
        try expectTheSameBitsAfterResume(ranks: 1)
    }
}
