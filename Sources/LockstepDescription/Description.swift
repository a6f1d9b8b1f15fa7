import LockstepReaders
import LockstepText

/// A description of files: facts, columns or fields, problems, and a run file for training on them.
package struct Description {
    /// Names and values, such as the number of rows.
    package var facts: [[String]] = []
    /// The columns, fields or classes, with headings in the first row; empty for none.
    package var table: [[String]] = []
    /// Notes for the user.
    package var notes: [String] = []
    /// The problems in the files.
    package var problems = ProblemList()
    /// A complete run file; nil if none can be suggested.
    package var runFile: String?

    /// The description as text.
    package var text: String {
        var parts = [TextTable.aligned(facts)]
        if !table.isEmpty { parts.append(TextTable.aligned(table)) }
        if !notes.isEmpty { parts.append(notes.map { "note: \($0.printable)\n" }.joined()) }
        parts.append(problems.text)
        if let runFile { parts.append("run file:\n\n" + runFile) }
        return parts.joined(separator: "\n")
    }

    /// A batch size for a number of samples: a power of two of at most 64 and at most a sixteenth of them.
    static func batch(samples: Int) -> Int {
        var batch = 1
        while batch < 64, batch * 32 <= samples { batch *= 2 }
        return batch
    }

    /// A text as YAML, in quotes if it could be read as something else.
    static func yaml(_ text: String) -> String {
        let plain = text.utf8.allSatisfy {
            ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || [0x2E, 0x2F, 0x5F, 0x2D].contains($0)
        }
        let words = ["true", "false", "null", "none", "yes", "no", "on", "off", "y", "n", ""]
        let isWord = text.utf8.first.map { ($0 | 0x20) &- 0x61 < 26 || $0 == 0x2F || $0 == 0x5F } ?? false
        if plain, isWord, !words.contains(text.lowercased()) { return text }
        return String(JSONText.text(text).line.dropLast())
    }

    static func yaml(_ texts: [String]) -> String { "[" + texts.map(yaml).joined(separator: ", ") + "]" }
}

/// Problems by kind: their number, and the first of them.
package struct ProblemList {
    private struct Kind {
        let name: String
        var count = 0
        var first: [String] = []
    }

    private var kinds: [Kind] = []
    /// The number of problems of each kind to keep.
    private let limit: Int

    package init(limit: Int = 10) { self.limit = limit }

    package var isEmpty: Bool { kinds.isEmpty }
    /// The number of all problems.
    package var count: Int { kinds.reduce(0) { $0 + $1.count } }

    /// Adds problems of a kind.
    mutating func add(_ name: String, _ texts: [String], count: Int? = nil) {
        guard count ?? texts.count > 0 else { return }
        let index = kinds.firstIndex { $0.name == name } ?? kinds.count
        if index == kinds.count { kinds.append(Kind(name: name)) }
        kinds[index].count += count ?? texts.count
        kinds[index].first += texts.prefix(limit - min(limit, kinds[index].first.count))
    }

    mutating func add(_ name: String, _ error: DatasetError) { add(name, ["\(error)"]) }

    package var text: String {
        guard !isEmpty else { return "problems: none\n" }
        return "problems:\n"
            + kinds.map { kind in
                let rest = kind.count - kind.first.count
                return "  \(kind.name): \(grouped(kind.count))\n"
                    + kind.first.map { "    \($0.printable)\n" }.joined()
                    + (rest > 0 ? "    and \(grouped(rest)) more\n" : "")
            }.joined()
    }
}
