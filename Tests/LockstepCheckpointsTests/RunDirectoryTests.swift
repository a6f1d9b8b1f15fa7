import Foundation
import LockstepCheckpoints
import Testing

@Suite struct RunDirectoryTests {
    private let parent = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID())").path

    @Test func oneProcessAtATime() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let first = try RunDirectory(parent + "/a/b")
        #expect(first.configurationPath == parent + "/a/b/config.yaml")
        do throws(CheckpointError) {
            _ = try RunDirectory(parent + "/a/b")
            Issue.record("the lock did not hold")
        } catch {
            #expect("\(error)".contains("process \(getpid())"))
        }
    }

    @Test func newestRunOfARecipe() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        for name in [
            "mlp-20260101-000000", "mlp-20260102-000000", "mlp-large-20270101-000000", "cnn-20280101-000000",
        ] {
            try FileManager.default.createDirectory(
                atPath: parent + "/" + name, withIntermediateDirectories: true)
        }
        #expect(try RunDirectory.newest(recipe: "mlp", in: parent) == parent + "/mlp-20260102-000000")
        #expect(throws: CheckpointError.self) { try RunDirectory.newest(recipe: "resnet", in: parent) }
    }

    @Test func placesThatCannotBe() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data("text".utf8).write(to: URL(fileURLWithPath: parent + "/file"))
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/file/run") }
    }

    /// What somebody else put into a run directory is not written through.
    @Test(.enabled(if: geteuid() == 0)) func linksInTheDirectory() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let run = parent + "/run"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: parent + "/file"))
        symlink(parent + "/file", run + "/lock")
        lchown(run + "/lock", 54_321, 54_321)
        let error = #expect(throws: CheckpointError.self) { try RunDirectory(run) }
        #expect(
            error
                == .unusable(
                    problem:
                        "\(run)/lock is not used: it is a symbolic link of user 54321, which is not followed.",
                    advice: "Remove it if it is not meant to be there, or choose another --run-dir."))
        #expect(try String(contentsOfFile: parent + "/file", encoding: .utf8) == "precious")
        unlink(run + "/lock")
        mkfifo(run + "/lock", 0o600)
        #expect(throws: CheckpointError.self) { try RunDirectory(run) }
    }

    /// Checkpoints may lie on another disk; but not where another user chose.
    @Test func linksOfFolders() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        for folder in ["/run", "/scratch"] {
            try FileManager.default.createDirectory(
                atPath: parent + folder, withIntermediateDirectories: true)
        }
        symlink(parent + "/scratch", parent + "/run/checkpoints")
        symlink(parent + "/run", parent + "/link")
        _ = try RunDirectory(parent + "/link")
        guard geteuid() == 0 else { return }
        lchown(parent + "/run/checkpoints", 54_321, 54_321)
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/run") }
        lchown(parent + "/run/checkpoints", 0, 0)
        lchown(parent + "/link", 54_321, 54_321)
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/link") }
        chown(parent + "/run", 54_321, 54_321)
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/run") }
        chown(parent + "/run", 0, 0)
        _ = try RunDirectory(parent + "/run")
    }

    @Test func foldersThatAllCanWriteTo() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        chmod(parent, 0o1777)
        let error = #expect(throws: CheckpointError.self) { try RunDirectory(parent) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("every user can write to it"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent).isEmpty)
        // A directory of this user's own in one that all share is none of that.
        _ = try RunDirectory(parent + "/run")
    }
}
