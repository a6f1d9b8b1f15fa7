import LockstepCheckpoints
import LockstepFiles
import LockstepRunLog
import LockstepTasks
import LockstepText

/// The tags of a run: the file `tags` in its directory, one tag per line, in the order in which they were given.
public enum RunTags {
    /// The maximum length of a tag, in characters.
    private static let longest = 64

    /// The file of a run.
    private static func path(_ run: String) -> String { run + "/tags" }

    /// The tags of a run; none if the file does not exist or cannot be read.
    public static func read(_ run: String) -> [String] {
        guard let bytes = try? SafeFile.contents(path(run), limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    }

    /// Checks tags from the command line.
    /// - Throws: `TrainingError.environment` for one that is empty, too long, or has a comma or a character that cannot be printed.
    public static func check(_ tags: [String]) throws(TrainingError) {
        for tag in tags {
            let isPrintable = tag.printable == tag && !tag.contains { $0.isNewline || $0 == "," }
            guard isPrintable, !tag.allSatisfy(\.isWhitespace), tag.count <= longest else {
                throw .environment(
                    "--tag '\(tag.printable)': a tag must have 1 to \(longest) characters, without commas or line breaks."
                )
            }
        }
    }

    /// Adds tags to those of a run.
    /// - Throws: `RunLogError` if the file cannot be written.
    static func add(_ tags: [String], to run: String) throws {
        var all = read(run)
        let before = all
        for tag in tags where !all.contains(tag) { all.append(tag) }
        guard all != before else { return }
        try replaceFile(path(run), with: all.map { $0 + "\n" }.joined())
    }
}
