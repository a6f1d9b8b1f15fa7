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
}
