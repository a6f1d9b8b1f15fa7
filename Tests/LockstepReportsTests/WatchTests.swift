import Foundation
import LockstepReports
import LockstepTimeline
import Testing

/// A run as it is watched: its state, the line, and the screen.
@Suite struct WatchTests {
    private func heartbeat(_ run: RunFolder, rank: Int, ranks: Int = 1, process: Int32 = getpid()) throws
        -> Heartbeat
    {
        try FileManager.default.createDirectory(
            atPath: run.path + "/heartbeats", withIntermediateDirectories: true)
        return try #require(
            Heartbeat(
                path: run.path + "/heartbeats/rank-0000\(rank)",
                .init(
                    rank: rank, ranks: ranks, localRank: rank, hostIndex: 0,
                    host: ProcessInfo.processInfo.hostName,
                    process: process)))
    }

    @Test func aRunIsFollowedToItsEnd() throws {
        let run = try RunFolder()
        try run.write(
            "train.log", "2026-01-31T23:59:59.123Z rank 0: epoch 2/4  step 20/40  loss 0.05  lr 0.001\n")
        let watcher = try RunWatcher(directory: run.path)
        let rank = try heartbeat(run, rank: 0)
        rank.beginStep(24)
        rank.enter(.forward)
        try watcher.look()
        #expect(
            watcher.state == .running && watcher.step == 24 && watcher.totalSteps == 40 && watcher.epochs == 4
        )
        #expect(watcher.ranks.map(\.phase) == ["forward"])
        // One second for a step, and 16 steps are left.
        #expect(watcher.secondsLeft == 16)
        let line = WatchScreen.line(watcher)
        #expect(
            line
                == "step 24/40  epoch 2/4  loss 0.05  lr 0.001  validation loss 0.055  1,000 samples/s  0:16 left"
        )
        rank.end(status: 0)
        try watcher.look()
        #expect(watcher.state == .ended("ended"))
        #expect(WatchScreen.line(watcher).hasSuffix("  ended"))
    }

    @Test func aRunThatFailedEndsAfterTheTimeForARestart() throws {
        let run = try RunFolder()
        let watcher = try RunWatcher(directory: run.path)
        try heartbeat(run, rank: 0).end(status: 75)
        var looks = 0
        repeat {
            try watcher.look()
            looks += 1
        } while looks < 20
            && watcher.state != .ended("rank 0 on \(ProcessInfo.processInfo.hostName) left with an error.")
        #expect((2..<20).contains(looks), "\(watcher.state)")
    }

    @Test func aRunThatHasNotBegunIsWaitedFor() throws {
        let run = try RunFolder(steps: 0)
        let watcher = try RunWatcher(directory: run.path)
        try watcher.look()
        #expect(watcher.state == .waiting && WatchScreen.line(watcher) == "waiting for the first step")
        #expect(throws: ReportError.self) { try RunWatcher(directory: run.path + "/no") }
        // The directory of runs would be waited for in vain.
        try "".write(toFile: run.path + "/config.yaml", atomically: true, encoding: .utf8)
        _ = try RunWatcher(directory: run.path)
        let parent = URL(fileURLWithPath: run.path).deletingLastPathComponent().path
        #expect(throws: ReportError.self) { try RunWatcher(directory: parent) }
    }

    @Test func aScreenFitsItsTerminal() throws {
        let run = try RunFolder()
        try run.write(
            "train.log", "2026-01-31T23:59:59.123Z rank 0: epoch 2/4  step 20/40  loss 0.05  lr 0.001\n")
        let watcher = try RunWatcher(directory: run.path)
        let ranks = try (0..<9).map { try heartbeat(run, rank: $0, ranks: 9) }
        for rank in ranks { rank.beginStep(20) }
        try watcher.look()
        let plain = WatchScreen(.init(environment: ["NO_COLOR": "1", "LANG": "C.UTF-8"]))
        for (columns, rows) in [(80, 24), (120, 40), (30, 10), (5, 3), (1, 1), (300, 90)] {
            let lines = plain.lines(watcher, columns: columns, rows: rows)
            #expect(
                lines.count <= max(1, rows - 1) && lines.allSatisfy { $0.count <= max(columns, 1) },
                "\(columns)")
            #expect(!lines.joined().contains("\u{1B}"))
        }
        let large = plain.lines(watcher, columns: 120, rows: 40).joined(separator: "\n")
        #expect(
            large.contains("loss") && large.contains("accuracy") && large.contains("rank 8")
                && large.contains("50%"))
        #expect(plain.lines(watcher, columns: 80, rows: 12).joined().contains("more ranks"))
        let colored = WatchScreen(.init(environment: ["TERM": "xterm", "LANG": "en_US.UTF-8"]))
        #expect(colored.lines(watcher, columns: 120, rows: 40).joined().contains("\u{1B}[34m"))
        let ascii = WatchScreen(.init(environment: ["LANG": "C"]))
        #expect(ascii.lines(watcher, columns: 80, rows: 24).joined().allSatisfy { $0.isASCII })
    }
}
