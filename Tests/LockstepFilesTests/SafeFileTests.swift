import Foundation
import LockstepFiles
import Testing

@Suite struct SafeFileTests {
    private let folder: Folder
    init() throws { folder = try Folder() }

    @Test func ownLinksAreFollowed() throws {
        try folder.write("target", "text")
        try folder.link("log", to: "target")
        #expect(try SafeFile.contents(folder("log")) == Array("text".utf8))
    }

    @Test(.enabled(if: isRoot)) func linksOfOthersAreNotFollowed() throws {
        try folder.write("target", "precious")
        try folder.link("log", to: "target", owner: stranger)
        for flags in [O_RDONLY, O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_TRUNC] {
            let error = #expect(throws: FileError.self) { try SafeFile.open(folder("log"), flags) }
            #expect(error?.code == ELOOP)
            #expect(error?.reason == "it is a symbolic link of user \(stranger), which is not followed")
        }
        #expect(try folder.text("target") == "precious")
    }

    /// Neither blocks whoever opens it.
    @Test func pipesAndFoldersAreRefused() throws {
        mkfifo(folder("pipe"), 0o600)
        #expect(throws: FileError.self) { try SafeFile.open(folder("pipe"), O_RDONLY) }
        #expect(throws: FileError.self) { try SafeFile.open(folder("pipe"), O_WRONLY | O_CREAT) }
        #expect(throws: FileError.self) { try SafeFile.contents(folder("pipe")) }
        let error = #expect(throws: FileError.self) { try SafeFile.open(folder.path, O_RDONLY) }
        #expect(error?.code == EISDIR)
    }

    @Test func contentsHaveALimit() throws {
        try folder.write("file", String(repeating: "x", count: 100_000))
        #expect(try SafeFile.contents(folder("file")).count == 100_000)
        let error = #expect(throws: FileError.self) {
            try SafeFile.contents(folder("file"), limit: 99_999)
        }
        #expect(error?.code == EFBIG)
    }
}
