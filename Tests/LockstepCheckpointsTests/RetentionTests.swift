import Foundation
import LockstepCheckpoints
import Testing

@Suite struct RetentionTests {
    @Test func keepsTheNewestAndTheProtected() throws {
        let test = try TestStore()
        for step in 1...6 { try test.write(step) }
        var retention = CheckpointRetention(test.store)
        try retention.removeOld(keep: 2, protected: [2], written: 6)
        #expect(test.store.steps() == [2, 5, 6])
    }

    /// A run whose newest checkpoint is damaged continues from the previous one, and keeps fewer than it has.
    @Test(arguments: [1, 2, 3]) func aDamagedOneDoesNotCount(_ keep: Int) throws {
        let test = try TestStore()
        for step in [10, 20, 30] { try test.write(step) }
        try test.damage(30)
        try test.write(25)
        var retention = CheckpointRetention(test.store)
        try retention.removeOld(keep: keep, written: 25)
        #expect(test.store.steps() == [[25, 30], [20, 25, 30], [10, 20, 25, 30]][keep - 1])
        #expect(test.store.newestComplete().checkpoint?.step == 25)
        #expect(test.latest == "step-00000025")
        // It goes when it is older than those that stay.
        try test.write(40)
        try retention.removeOld(keep: 1, written: 40)
        #expect(test.store.steps() == [40] && test.latest == "step-00000040")
    }

    /// Older damage: what is kept can be read.
    @Test func damageInTheMiddle() throws {
        let test = try TestStore()
        for step in 1...5 { try test.write(step) }
        try test.damage(4)
        try FileManager.default.removeItem(atPath: test.store.path(3) + "/manifest.json")
        try test.write(6)
        var retention = CheckpointRetention(test.store)
        try retention.removeOld(keep: 3, written: 6)
        #expect(test.store.steps() == [2, 3, 4, 5, 6])
        try retention.removeOld(keep: 2, written: 6)
        #expect(test.store.steps() == [5, 6])
    }

    /// Whatever happens between checkpoints: after each the one just written is there, `latest` names it, as
    /// many undamaged ones stay as are to be kept, and the best one stays.
    @Test(arguments: 0..<8) func anySequence(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let test = try TestStore()
        var step = 0
        var best: Int?
        var retention = CheckpointRetention(test.store)
        var log: [String] = []
        for _ in 0..<14 {
            // A resume continues from the newest undamaged one, on other steps than before; damaged ones may
            // be of later steps.
            if random.next() % 4 == 0 {
                step = test.store.newestComplete().checkpoint?.step ?? 0
                retention = CheckpointRetention(test.store)
                _ = test.store.putInOrder(newest: step > 0 ? step : nil)
                log.append("resume after \(step)")
            }
            step += Int(random.next() % 3) + 1
            let keep = Int(random.next() % 4) + 1
            let goodBefore = test.store.steps().filter { isGood($0, test) && $0 != step }
            let bestBefore = best.flatMap { test.store.steps().contains($0) ? $0 : nil }
            if random.next() % 3 == 0 { best = step }
            try test.write(step)
            try retention.removeOld(keep: keep, protected: Set([best].compactMap { $0 }), written: step)
            log.append("write \(step), keep \(keep), best \(best ?? -1)")
            let story = Comment(rawValue: log.joined(separator: "; "))
            let good = test.store.steps().filter { isGood($0, test) }
            #expect(good.contains(step), story)
            #expect(good.count >= min(keep, goodBefore.count + 1), story)
            #expect(
                test.latest == "step-" + String(repeating: "0", count: 8 - "\(step)".count) + "\(step)", story
            )
            if best == bestBefore, let best { #expect(test.store.steps().contains(best), story) }
            #expect(!test.names.contains { $0.hasPrefix(".") }, story)
            if random.next() % 4 == 0, let victim = test.store.steps().randomElement(using: &random),
                victim != best
            {
                // The process that keeps has not read this one's damage: only another one does.
                try test.damage(
                    victim,
                    ["model.safetensors", "state.json", "manifest.json"].randomElement(using: &random) ?? "")
                retention = CheckpointRetention(test.store)
                log.append("damage \(victim)")
            }
        }
    }

    private func isGood(_ step: Int, _ test: TestStore) -> Bool {
        (try? Checkpoint(verifying: test.store.path(step))) != nil
    }

    /// Only folders of a step's exact name that hold a checkpoint's files alone are removed.
    @Test(arguments: ["file inside", "folder inside", "link inside", "link", "file"])
    func othersStay(_ kind: String) throws {
        let test = try TestStore()
        for step in 1...3 { try test.write(step) }
        let files = FileManager.default
        let place = test.store.path(1)
        switch kind {
        case "file inside": try Data("mine".utf8).write(to: URL(fileURLWithPath: place + "/notes.txt"))
        case "folder inside":
            try files.createDirectory(atPath: place + "/.git", withIntermediateDirectories: false)
        case "link inside":
            try files.removeItem(atPath: place + "/model.safetensors")
            try files.createSymbolicLink(
                atPath: place + "/model.safetensors", withDestinationPath: "/etc/hostname")
        default:
            try files.moveItem(atPath: place, toPath: test.parent + "/archive")
            if kind == "link" {
                try files.createSymbolicLink(atPath: place, withDestinationPath: test.parent + "/archive")
            } else {
                try Data("mine".utf8).write(to: URL(fileURLWithPath: place))
            }
        }
        let before = try files.subpathsOfDirectory(atPath: test.parent)
        var retention = CheckpointRetention(test.store)
        if kind == "file" {
            // No checkpoint at all: nothing is said of it.
            try retention.removeOld(keep: 2, written: 3)
        } else {
            let error = #expect(throws: CheckpointError.self) {
                try retention.removeOld(keep: 2, written: 3)
            }
            if case .foreign(let path, _) = error {
                #expect(path == place)
            } else {
                Issue.record("\(error as Any)")
            }
        }
        #expect(try files.subpathsOfDirectory(atPath: test.parent).sorted() == before.sorted())
        for name in [
            "step-7", "step-+0000007", "step-0000000007", "step-00000007.old", "Step-00000007", "step-",
        ] {
            try test.makeForeign(name)
        }
        try? retention.removeOld(keep: 1, written: 3)
        #expect(test.names.contains("step-7") && test.names.contains("step-+0000007"))
        #expect(!test.store.steps().contains(7))
    }
}

/// Random numbers from a seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
