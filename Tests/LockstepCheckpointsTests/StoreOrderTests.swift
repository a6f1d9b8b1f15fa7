import Foundation
import LockstepCheckpoints
import Testing

/// What a start makes of a folder of checkpoints: copies, links that are wrong or missing, and what others have put there.
@Suite struct StoreOrderTests {
    private let files = FileManager.default

    /// What becomes of the link when a run is copied, and what others may put there.
    private func replaceLatest(_ test: TestStore, _ kind: String) throws {
        let latest = test.path("latest")
        let newest = try #require(test.latest)
        try files.removeItem(atPath: latest)
        switch kind {
        case "none": break
        case "stale": try files.createSymbolicLink(atPath: latest, withDestinationPath: "step-00000010")
        case "dangling": try files.createSymbolicLink(atPath: latest, withDestinationPath: "step-00000099")
        case "copy": try files.copyItem(atPath: test.path(newest), toPath: latest)
        case "half a copy":
            try files.copyItem(atPath: test.path(newest), toPath: latest)
            try files.removeItem(atPath: latest + "/manifest.json")
        case "text": try Data("\(newest)\n".utf8).write(to: URL(fileURLWithPath: latest))
        default: Issue.record("\(kind)")
        }
    }

    private static let kinds = ["none", "stale", "dangling", "copy", "half a copy", "text"]

    @Test(arguments: kinds) func startsRestoreTheLink(_ kind: String) throws {
        let test = try TestStore()
        for step in [10, 20] { try test.write(step) }
        try replaceLatest(test, kind)
        #expect(test.store.newestComplete().checkpoint?.directory == test.store.path(20))
        #expect(test.store.putInOrder(newest: 20).isEmpty)
        #expect(test.latest == "step-00000020")
        #expect(test.names == ["latest", "step-00000010", "step-00000020"])
    }

    @Test(arguments: kinds) func theNextCheckpointRestoresTheLink(_ kind: String) throws {
        let test = try TestStore()
        for step in [10, 20] { try test.write(step) }
        try replaceLatest(test, kind)
        #expect(try test.write(30).linkFailure == nil)
        #expect(test.latest == "step-00000030")
        #expect(test.names == ["latest", "step-00000010", "step-00000020", "step-00000030"])
    }

    /// A link to an undamaged checkpoint that is not the newest folder.
    @Test func theNewestMayBeDamaged() throws {
        let test = try TestStore()
        for step in [10, 20] { try test.write(step) }
        try test.damage(20)
        #expect(test.store.putInOrder(newest: 10).isEmpty)
        #expect(test.latest == "step-00000010")
    }

    /// What is not this program's stays, with a warning, and keeps no checkpoint from being complete.
    @Test(arguments: ["folder", "file", "link", "folder of a checkpoint and more"])
    func whatOthersPutThereStays(_ kind: String) throws {
        let test = try TestStore()
        try test.write(10)
        let latest = test.path("latest")
        try files.removeItem(atPath: latest)
        switch kind {
        case "folder": try test.makeForeign("latest")
        case "file": try Data("my notes".utf8).write(to: URL(fileURLWithPath: latest))
        case "link": try files.createSymbolicLink(atPath: latest, withDestinationPath: "/tmp")
        default:
            try files.copyItem(atPath: test.store.path(10), toPath: latest)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: latest + "/notes.txt"))
        }
        let before = try files.subpathsOfDirectory(atPath: test.parent).sorted()
        let problems = test.store.putInOrder(newest: 10)
        #expect(problems.count == 1)
        if case .foreign(let path, _) = problems.first {
            #expect(path == latest)
        } else {
            Issue.record("\(problems)")
        }
        #expect(try files.subpathsOfDirectory(atPath: test.parent).sorted() == before)
        let written = try test.write(20)
        if case .foreign = written.linkFailure {} else { Issue.record("\(written)") }
        #expect(test.store.newestComplete().checkpoint?.step == 20)
    }

    /// `scp -r run/checkpoints/latest` alone: the only checkpoint there is gets its name.
    @Test func aCopyUnderTheLinksNameIsACheckpoint() throws {
        let test = try TestStore()
        try test.write(20)
        try files.removeItem(atPath: test.path("latest"))
        try files.moveItem(atPath: test.store.path(20), toPath: test.path("latest"))
        #expect(test.store.steps() == [20])
        #expect(test.store.newestComplete().checkpoint?.directory == test.path("latest"))
        #expect(test.store.putInOrder(newest: 20).isEmpty)
        #expect(test.names == ["latest", "step-00000020"] && test.latest == "step-00000020")
    }

    /// Killed between the two renames that let a checkpoint take the place of another of its step: neither has the step's name.
    @Test(arguments: [false, true]) func theOneThatWasToBeReplaced(_ hasOthers: Bool) throws {
        let test = try TestStore()
        if hasOthers { try test.write(10) }
        try test.write(20)
        try files.moveItem(atPath: test.store.path(20), toPath: test.path(".replaced-step-00000020"))
        #expect(test.store.newestComplete().checkpoint?.step == 20)
        #expect(test.store.putInOrder(newest: 20).isEmpty)
        #expect(test.names == ["latest"] + (hasOthers ? ["step-00000010"] : []) + ["step-00000020"])
        #expect(test.store.newestComplete().checkpoint?.directory == test.store.path(20))
    }

    /// In a folder that a run shares with others, such as a home directory that `checkpoints` links to.
    @Test(arguments: [false, true]) func onlyItsOwnRemainsAreRemoved(_ isLinked: Bool) throws {
        let test = try TestStore(isLinked ? "home" : "checkpoints")
        for step in [10, 20] { try test.write(step) }
        for name in [
            ".git", ".ssh", ".step-00000030.partial", ".removed-step-00000005", ".step-30.partial",
            ".removed-mine",
            ".partial", ".step-00000031.partial.bak", "step-00000040",
        ] { try test.makeForeign(name) }
        for name in [".profile", ".latest", ".removed-step-00000006", ".replaced-step-00000007"] {
            try Data("mine".utf8).write(to: URL(fileURLWithPath: test.path(name)))
        }
        try files.createSymbolicLink(
            atPath: test.path(".removed-step-00000008"), withDestinationPath: test.store.path(10))
        // Its own: a partial checkpoint, one that was being removed, and an empty one.
        try files.copyItem(atPath: test.store.path(10), toPath: test.path(".step-00000032.partial"))
        try files.removeItem(atPath: test.path(".step-00000032.partial/manifest.json"))
        try files.copyItem(atPath: test.store.path(10), toPath: test.path(".removed-step-00000009"))
        try files.createDirectory(
            atPath: test.path(".step-00000033.partial"), withIntermediateDirectories: false)
        let own = [".step-00000032.partial", ".removed-step-00000009", ".step-00000033.partial"]
        let before = test.names.filter { !own.contains($0) }
        var store = test.store
        if isLinked {
            try files.createSymbolicLink(
                atPath: test.parent + "/checkpoints", withDestinationPath: test.store.directory)
            store = CheckpointStore(test.parent + "/checkpoints")
        }
        _ = store.putInOrder(newest: 20)
        #expect(test.names == before)
        #expect(files.fileExists(atPath: test.path(".git/notes.txt")))
        #expect(store.newestComplete().checkpoint?.step == 20)
    }

    /// A folder with a step's name that holds more than a checkpoint is moved aside, where it can be seen.
    @Test func whatHasAStepsNameIsMovedAside() throws {
        let test = try TestStore()
        try test.makeForeign("step-00000030")
        try test.write(30)
        try test.makeForeign("step-00000030")
        try test.write(30)
        #expect(
            test.names == ["latest", "step-00000030", "step-00000030.replaced-1", "step-00000030.replaced-2"])
        #expect(files.fileExists(atPath: test.path("step-00000030.replaced-1/notes.txt")))
        #expect(test.store.newestComplete().checkpoint?.step == 30)
    }
}
