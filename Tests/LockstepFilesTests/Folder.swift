import Foundation

/// A folder that is removed with its owner.
final class Folder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: self(name)))
    }

    func text(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: self(name)), encoding: .utf8)
    }

    func link(_ name: String, to target: String, owner: uid_t = geteuid()) throws {
        try FileManager.default.createSymbolicLink(atPath: self(name), withDestinationPath: target)
        lchown(self(name), owner, getegid())
    }

    func mode(_ name: String) -> mode_t {
        var status = stat()
        stat(self(name), &status)
        return status.st_mode & 0o7777
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// Only root can create files of another user; continuous integration runs as root.
let isRoot = geteuid() == 0
let stranger: uid_t = 54_321
