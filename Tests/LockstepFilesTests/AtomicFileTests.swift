import Foundation
import LockstepFiles
import Testing

@Suite struct AtomicFileTests {
    private let folder: Folder
    init() throws { folder = try Folder() }

    private func replace(_ name: String, _ text: String, isOwn: Bool = false) throws {
        try Array(text.utf8).withUnsafeBytes {
            try AtomicFile.write($0, to: folder(name), isOwn: isOwn)
        }
    }

    @Test func nothingIsSeenBeforeTheEnd() throws {
        try folder.write("out", "old")
        let file = try AtomicFile(replacing: folder("out"))
        try Array("new".utf8).withUnsafeBytes { try file.write($0) }
        #expect(try folder.text("out") == "old")
        try file.commit()
        #expect(try folder.text("out") == "new")
        #expect(try folder.names == ["out"])
    }

    @Test func anUnfinishedFileLeavesNothing() throws {
        try folder.write("out", "old")
        try folder.write("out.new", "mine")
        do {
            let file = try AtomicFile(replacing: folder("out"))
            try Array("half".utf8).withUnsafeBytes { try file.write($0) }
        }
        try AtomicFile.requireWritable(folder("out"))
        try AtomicFile.requireWritable(folder("other"))
        #expect(try folder.names == ["out", "out.new"])
        try replace("out", "new")
        #expect(try folder.names == ["out", "out.new"])
        #expect(try folder.text("out") == "new" && folder.text("out.new") == "mine")
    }

    @Test(arguments: [0o600, 0o640, 0o755] as [mode_t]) func modeStays(_ mode: mode_t) throws {
        try folder.write("out", "old")
        chmod(folder("out"), mode)
        try replace("out", "new")
        #expect(folder.mode("out") == mode)
    }

    @Test(.enabled(if: isRoot)) func ownerStays() throws {
        try folder.write("out", "old")
        chown(folder("out"), stranger, stranger)
        try replace("out", "new")
        var status = stat()
        #expect(stat(folder("out"), &status) == 0 && status.st_uid == stranger)
    }

    @Test func ownLinksMeanTheirTargets() throws {
        try folder.write("target", "old")
        try folder.link("out", to: "target")
        try replace("out", "new")
        #expect(try folder.text("target") == "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("out")) == "target")
        // One that points to nothing yet.
        try folder.link("later", to: "made")
        try replace("later", "new")
        #expect(try folder.text("made") == "new")
        // In a folder of this program's own the link goes.
        try replace("out", "third", isOwn: true)
        #expect(try folder.text("target") == "new" && folder.text("out") == "third")
    }

    @Test(.enabled(if: isRoot)) func linksOfOthersAreRefused() throws {
        try folder.write("target", "old")
        try folder.link("out", to: "target", owner: stranger)
        let error = #expect(throws: FileError.self) { try replace("out", "new") }
        #expect(error?.code == ELOOP)
        #expect(error?.reason == "it is a symbolic link of user \(stranger), which is not followed")
        #expect(try folder.text("target") == "old")
    }

    @Test func placesThatCannotBeReplaced() throws {
        #expect(throws: FileError.self) { try AtomicFile.requireWritable(folder("none/out")) }
        try FileManager.default.createDirectory(
            atPath: folder("sub"), withIntermediateDirectories: false)
        let error = #expect(throws: FileError.self) { try AtomicFile.requireWritable(folder("sub")) }
        #expect(error?.code == EISDIR)
    }

    @Test func devicesStayDevices() throws {
        let before = FileManager.default.fileExists(atPath: "/dev/null.new")
        try Array("text".utf8).withUnsafeBytes { try AtomicFile.write($0, to: "/dev/null") }
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        #expect(FileManager.default.fileExists(atPath: "/dev/null.new") == before)
        let error = #expect(throws: FileError.self) {
            try Array("text".utf8).withUnsafeBytes { try AtomicFile.write($0, to: "/dev/full") }
        }
        #expect(error?.code == ENOSPC)
    }
}
