import Foundation
import LockstepFiles
import Testing

@Suite struct TrustedFolderTests {
    private let folder: Folder
    init() throws { folder = try Folder() }

    private func make(_ name: String, mode: mode_t, owner: uid_t = geteuid(), group: gid_t = getegid()) {
        mkdir(folder(name), 0o700)
        chmod(folder(name), mode)
        chown(folder(name), owner, group)
    }

    @Test(arguments: [0o700, 0o755, 0o775, 0o2775] as [mode_t]) func ownFolders(_ mode: mode_t) throws {
        make("run", mode: mode)
        try TrustedFolder.require(folder("run"))
        try TrustedFolder.require(folder("run/"))
        try folder.link("link", to: "run")
        try TrustedFolder.require(folder("link"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("run")).isEmpty)
    }

    @Test(arguments: [0o777, 0o1777] as [mode_t]) func foldersThatAllCanWriteTo(_ mode: mode_t) throws {
        make("run", mode: mode)
        let error = #expect(throws: FileError.self) { try TrustedFolder.require(folder("run")) }
        #expect(error?.reason?.hasPrefix("every user can write to it") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("run")).isEmpty)
    }

    @Test(.enabled(if: isRoot)) func foldersOfOthers() throws {
        make("run", mode: 0o755, owner: stranger)
        let error = #expect(throws: FileError.self) { try TrustedFolder.require(folder("run")) }
        #expect(error?.reason == "it belongs to user \(stranger), not to user 0 who runs this")
        // With a group of this user it is shared; with another group it is not.
        make("shared", mode: 0o2775, owner: stranger)
        try TrustedFolder.require(folder("shared"))
        make("theirs", mode: 0o2775, owner: stranger, group: stranger)
        #expect(throws: FileError.self) { try TrustedFolder.require(folder("theirs")) }
    }

    @Test(.enabled(if: isRoot)) func linksOfOthers() throws {
        make("run", mode: 0o755)
        try folder.link("link", to: "run", owner: stranger)
        for path in [folder("link"), folder("link/")] {
            let error = #expect(throws: FileError.self) { try TrustedFolder.require(path) }
            #expect(error?.code == ELOOP)
        }
    }
}
