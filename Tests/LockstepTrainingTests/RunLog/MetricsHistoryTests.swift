import Foundation
import LockstepRunLog
import LockstepTraining
import Testing

/// What a resume leaves of `metrics.jsonl`.
@Suite struct MetricsHistoryTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    private var path: String { folder.path("metrics.jsonl") }
    private var broken: String { path + ".broken" }

    private func line(_ step: Int, _ more: String = ", \"loss\": 0.5") -> String {
        "{\"step\": \(step), \"epoch\": 1\(more)}\n"
    }

    private func lines(_ steps: some Sequence<Int>) -> String { steps.map { line($0) }.joined() }

    private func write(_ parts: String...) throws {
        try Data(parts.joined().utf8).write(to: URL(filePath: path))
    }

    /// Opens the file as a resume does.
    /// - Returns: what is said.
    @discardableResult
    private func resume(after step: Int, repeatsEvaluation: Bool = false) throws -> String? {
        try MetricsLog(path: path, continuingAfter: step, repeatsEvaluation: repeatsEvaluation).warning
    }

    @Test(arguments: [
        "garbage\n", "{\"step\": 4, \"loss\": 0.\n", "{\"epoch\": 1}\n", "[3]\n", "{\"step\": 1.5}\n",
    ])
    func aBrokenLineTakesNoOthersWithIt(_ torn: String) throws {
        try write(lines(1...3), torn, lines(4...9))
        let warning = try resume(after: 8)
        #expect(try folder.text("metrics.jsonl") == lines(1...8))
        #expect(try folder.text("metrics.jsonl.broken") == torn)
        #expect(
            warning
                == "Warning: \(path): line 4 cannot be read as a record, and is now in \(broken). "
                + "All other records up to step 8 are kept.")
        // Once is enough.
        #expect(try resume(after: 8) == nil)
        #expect(try folder.text("metrics.jsonl") == lines(1...8))
    }

    @Test func manyBrokenLines() throws {
        try write("x\n", line(1), "y\n", "z\n", "w\n", line(2), "v\n")
        let warning = try resume(after: 2)
        #expect(warning?.contains("lines 1, 3 to 5, 7 cannot be read") == true, "\(warning ?? "")")
        #expect(try folder.text("metrics.jsonl") == lines(1...2))
        #expect(try folder.text("metrics.jsonl.broken") == "x\ny\nz\nw\nv\n")
    }

    /// A crash leaves half a line, which does not count for a repeated step.
    @Test func halfALineAtTheEnd() throws {
        try write(lines(1...5), "{\"step\": 6, \"epo")
        #expect(try resume(after: 5) == nil)
        #expect(try folder.text("metrics.jsonl") == lines(1...5))
        try write(lines(1...5), "{\"st")
        #expect(try resume(after: 5)?.contains("line 6 cannot be read") == true)
        #expect(try folder.text("metrics.jsonl") == lines(1...5))
        // Only the end of line is missing.
        try write(lines(1...4), String(line(5).dropLast()))
        #expect(try resume(after: 5) == nil)
        #expect(try folder.text("metrics.jsonl") == lines(1...5))
    }

    @Test func bytesOfAPowerCut() throws {
        let zeros = String(repeating: "\0", count: 5000)
        try write(lines(1...2), zeros, lines(3...4), zeros, "\n", line(5), zeros)
        let warning = try resume(after: 5)
        #expect(warning?.contains("lines 3, 5, 7 had NUL bytes") == true, "\(warning ?? "")")
        #expect(try folder.text("metrics.jsonl") == lines(1...5))
        #expect(!FileManager.default.fileExists(atPath: broken))
    }

    @Test func orderDoesNotMatter() throws {
        try write(lines([1, 2, 6, 3, 7, 4, 4, 5]), "\n", line(6))
        #expect(try resume(after: 5) == nil)
        #expect(try folder.text("metrics.jsonl") == lines([1, 2, 3, 4, 4, 5]))
    }

    @Test func linesOfAnyLength() throws {
        let long = line(3, ", \"note\": \"\(String(repeating: "n", count: 900_000))\"")
        let tooLong = String(repeating: "n", count: 3_000_000) + "\n"
        try write(lines(1...2), long, tooLong, line(4), line(5))
        #expect(try resume(after: 4)?.contains("line 4 cannot be read") == true)
        #expect(try folder.text("metrics.jsonl") == lines(1...2) + long + line(4))
        #expect(try folder.text("metrics.jsonl.broken") == tooLong)
    }

    /// The test set's evaluation after the step belongs to the end of a run; earlier ones are as they were
    /// written.
    @Test(arguments: [true, false]) func theEvaluationOfTheTestSet(repeatsEvaluation: Bool) throws {
        let (validation, test) = (line(4, ", \"validation_loss\": 0.25"), ", \"test_loss\": 0.5")
        try write(line(2), line(2, test), line(4), validation, line(4, test), line(5), line(5, test))
        try resume(after: 4, repeatsEvaluation: repeatsEvaluation)
        #expect(
            try folder.text("metrics.jsonl")
                == line(2) + line(2, test) + line(4) + (repeatsEvaluation ? "" : validation))
    }

    @Test func theEvaluationThatIsRepeated() throws {
        let evaluation = line(4, ", \"validation_loss\": 0.25")
        try write(line(2), line(2, ", \"validation_loss\": 0.5"), line(4), evaluation, line(5))
        try resume(after: 4, repeatsEvaluation: true)
        #expect(
            try folder.text("metrics.jsonl") == line(2) + line(2, ", \"validation_loss\": 0.5") + line(4))
        try write(line(4), evaluation, line(5))
        try resume(after: 4)
        #expect(try folder.text("metrics.jsonl") == line(4) + evaluation)
    }

    @Test func anEndIsCutInPlace() throws {
        try write(lines(1...5))
        var before = stat()
        stat(path, &before)
        try resume(after: 3)
        var after = stat()
        #expect(stat(path, &after) == 0 && after.st_ino == before.st_ino)
        #expect(try folder.text("metrics.jsonl") == lines(1...3))
    }

    /// What another user put there is not written through.
    @Test(.enabled(if: geteuid() == 0)) func linksOfOthersAndFoldersAreRefused() throws {
        try Data(line(9).utf8).write(to: URL(filePath: folder.path("precious")))
        symlink(folder.path("precious"), path)
        lchown(path, 54_321, 54_321)
        let error = #expect(throws: RunLogError.self) { try resume(after: 3) }
        #expect(error?.code == ELOOP)
        #expect(
            error?.description.contains("it is a symbolic link of user 54321, which is not followed") == true)
        #expect(try folder.text("precious") == line(9))
        unlink(path)
        mkdir(path, 0o755)
        #expect(throws: RunLogError.self) { try resume(after: 3) }
    }
}
