import Foundation
import Testing

/// The first tutorial and its program.
@Suite(.serialized) struct BackpropagationTests {
    private let program = CommandRunner.productsDirectory.appendingPathComponent("Backpropagation").path

    @Test func agreesWithDoublePrecisionOnOneAndTwoRanks() throws {
        let one = try CommandRunner.run(program, [])
        #expect(one.status == 0, "\(one.tail)")
        #expect(one.output.contains("all agree with double precision"))
        let two = try CommandRunner.run(CommandRunner.launcher, ["-n", "2", program])
        #expect(two.status == 0 && two.output.contains(one.output), "\(two.tail)")
    }

    @Test func plotsEveryStep() throws {
        let directory = try TemporaryDirectory()
        let result = try CommandRunner.run(program, [directory.path("loss.svg")])
        #expect(result.status == 0, "\(result.tail)")
        let svg = try String(contentsOfFile: directory.path("loss.svg"), encoding: .utf8)
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.matches(of: #/\d+\.\d,\d+\.\d/#).count == 1000)
    }

    /// Every block of output, and every number of six decimals in the text, is the program's.
    @Test func thePageHasTheNumbersOfTheProgram() throws {
        let output = try CommandRunner.run(program, []).output
        let page = try String(
            contentsOf: CommandRunner.repository.appendingPathComponent("docs/tutorials/backpropagation.md"),
            encoding: .utf8)
        let blocks = page.matches(of: #/```text\n((?:.|\n)*?)```/#).map { String($0.1) }
        #expect(blocks.count >= 3)
        func trimmed(_ text: String) -> String {
            text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                String(line.reversed().drop { $0 == " " }.reversed())
            }.joined(separator: "\n")
        }
        for block in blocks { #expect(trimmed(output).contains(trimmed(block)), "\(block)") }
        let number = #/-?\d+\.\d{6}\b/#
        let printed = Set(output.matches(of: number).map { String($0.0) })
        let quoted = page.matches(of: number).map { String($0.0) }
        #expect(quoted.count > 50)
        #expect(quoted.filter { !printed.contains($0) } == [])
    }
}
