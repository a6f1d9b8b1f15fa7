import Foundation

/// A page of the documentation: its shell commands, the files that it shows, and its links.
///
/// A comment line in front of a block says what a test does with it:
///
///     <!-- file: run.yaml -->        the block's content is written to run.yaml before the commands after it run
///     <!-- before: COMMAND -->       a command that runs first, such as one that makes the data of an example
///     <!-- slow -->                  the commands run with `scripts/test --all` only
///     <!-- not run: REASON -->       the commands do not run
struct DocumentationPage {
    /// A fenced block.
    struct Block {
        let language: String
        let comment: String
        let text: String
        let line: Int

        var fileName: String? { comment.hasPrefix("file: ") ? String(comment.dropFirst(6)) : nil }
        var before: String { comment.hasPrefix("before: ") ? String(comment.dropFirst(8)) + "\n" : "" }
        var isSlow: Bool { comment == "slow" }
        var reasonNotToRun: String? { comment.hasPrefix("not run: ") ? String(comment.dropFirst(9)) : nil }
    }

    /// Path from the repository's root.
    let path: String
    let text: String
    let blocks: [Block]

    init(_ path: String) throws {
        self.path = path
        text = try String(
            contentsOf: CommandRunner.repository.appendingPathComponent(path), encoding: .utf8)
        var blocks: [Block] = []
        var comment = ""
        var open: (language: String, first: Int)?
        let lines = text.components(separatedBy: "\n")
        for (number, line) in lines.enumerated() {
            if let (language, first) = open {
                guard line == "```" else { continue }
                blocks.append(
                    Block(
                        language: language, comment: comment,
                        text: lines[first..<number].joined(separator: "\n") + "\n", line: first))
                (open, comment) = (nil, "")
            } else if line.hasPrefix("```") {
                open = (String(line.dropFirst(3)), number + 1)
            } else if line.hasPrefix("<!-- "), line.hasSuffix(" -->") {
                comment = String(line.dropFirst(5).dropLast(4))
            } else {
                comment = ""
            }
        }
        self.blocks = blocks
    }

    /// Targets of the page's links, as in `../README.md#section`, without those of other sites.
    var links: [String] {
        text.components(separatedBy: "](").dropFirst()
            .compactMap { $0.components(separatedBy: ")").first }
            .filter { !$0.contains("://") && !$0.contains("\n") }
    }

    /// Names by which links refer to headings: lower case, words joined by hyphens.
    var anchors: Set<String> {
        let isText = Set(
            blocks.flatMap { block in block.line..<block.line + block.text.split(separator: "\n").count })
        return Set(
            text.components(separatedBy: "\n").enumerated()
                .filter { $1.hasPrefix("#") && !isText.contains($0) }
                .map { _, line in
                    line.drop { $0 == "#" || $0 == " " }.lowercased()
                        .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                        .replacingOccurrences(of: " ", with: "-")
                })
    }

    /// Whether a source has the lines of a block, all of them indented alike.
    static func has(_ source: String, _ block: String) -> Bool {
        stride(from: 0, through: 16, by: 4).contains { indentation in
            let margin = String(repeating: " ", count: indentation)
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "" : margin + $0 }
            return ("\n" + source).contains("\n" + lines.joined(separator: "\n") + "\n")
        }
    }

    /// Every page of the repository that is written by hand or generated, as paths from its root.
    static func all() throws -> [String] {
        let root = CommandRunner.repository.path + "/"
        let folders = ["docs", "cluster"].flatMap { folder -> [String] in
            let files =
                FileManager.default.enumerator(atPath: root + folder)?.compactMap { $0 as? String } ?? []
            return files.filter { $0.hasSuffix(".md") }.map { folder + "/" + $0 }
        }
        return ["README.md", "BENCHMARKS.md", "CONTRIBUTING.md"] + folders.sorted()
    }

    /// A folder that looks like the repository after a build, so that files of the commands do not lie in it.
    static func workingDirectory() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for entry in ["Examples", "Package.swift", "README.md", "Sources", "cluster", "scripts"] {
            try FileManager.default.createSymbolicLink(
                atPath: directory.path(entry),
                withDestinationPath: CommandRunner.repository.appendingPathComponent(entry).path)
        }
        try FileManager.default.createDirectory(
            atPath: directory.path(".build"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path(".build/release"),
            withDestinationPath: CommandRunner.productsDirectory.path)
        return directory
    }
}
