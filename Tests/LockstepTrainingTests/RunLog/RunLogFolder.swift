import Foundation

/// A folder that is removed with its owner.
final class RunLogFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "run-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func text(_ name: String) throws -> String {
        try String(contentsOf: url.appending(path: name), encoding: .utf8)
    }

    func lines(_ name: String) throws -> [String] {
        try text(name).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// A file that stands for the terminal.
func withTerminal(_ folder: RunLogFolder, _ body: (Int32) throws -> Void) throws -> String {
    let descriptor = open(folder.path("terminal"), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    try body(descriptor)
    return try folder.text("terminal")
}
