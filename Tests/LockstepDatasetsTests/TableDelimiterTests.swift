import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// A table with another delimiter than the one that is set: the message says which it has.
@Suite struct TableDelimiterTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func message(
        _ text: String, delimiter: String = ",", header: Bool = true, target: String = "y"
    ) throws -> String {
        let file = try folder.write("table.csv", text)
        do {
            _ = try OpenedData(
                .csv(
                    .init(
                        train: file, target: target, task: .regression, header: header, delimiter: delimiter)
                ), cache: folder.cache)
            return "accepted"
        } catch { return "\(error)" }
    }

    private static let semicolon = "when it is split at semicolons: set delimiter: \";\""
    private static let tab = "when it is split at tabs: set delimiter: \"\\t\""

    @Test(arguments: [
        ("a;b;y\n1;2;3\n4;5;6\n", semicolon), ("a;b;y\n1,5;2;3\n4;5,25;6,1\n", semicolon),
        ("\"a\";\"b\";\"y\"\n1;2;3\n4;5;6\n", semicolon), ("a\tb\ty\n1\t2\t3\n4\t5\t6\n", tab),
        ("\"a\"\t\"b\"\t\"y\"\n1\t2\t3\n", tab), ("a, first;b;y\n1;2;3\n4;5;6\n", semicolon),
        ("a|b|y\n1|2|3\n4|5|6\n", "when it is split at vertical bars: set delimiter: \"|\""),
    ])
    func theHeaderTells(_ text: String, _ advice: String) throws {
        let message = try message(text)
        #expect(message.contains("table.csv:1: "), "\(message)")
        #expect(message.contains("; the first line has 3 fields \(advice)"), "\(message)")
        // A mistyped target does not hide it.
        #expect(try self.message(text, target: "z").contains(advice))
    }

    @Test func whatItSaysIsRight() throws {
        #expect(try message("a;b;y\n1;2;3\n4;5;6\n", delimiter: ";") == "accepted")
        #expect(try message("a\tb\ty\n1\t2\t3\n4\t5\t6\n", delimiter: "\t") == "accepted")
        let text = try message("a;b;y\n1;2;3\n", delimiter: "\t")
        #expect(text.hasSuffix(" (--set 'data.csv.delimiter=\";\"')"), "\(text)")
    }

    @Test func withoutHeaderTheRowsTell() throws {
        for text in ["1;2;3\n4;5;6\n", "1,5;2;3\n4;5,25;6,1\n"] {
            let message = try message(text, header: false, target: "-1")
            #expect(message.contains("has 3 fields \(Self.semicolon)"), "\(message)")
        }
    }

    /// A table to predict, for which the columns are known.
    @Test func aTableForATrainedNetwork() throws {
        let train = try folder.write("train.csv", "a,b,y\n1,2,3\n4,5,6\n")
        let test = folder.path + "/test.csv"
        let recipe = DataConfiguration.csv(.init(train: train, test: test, target: "y", task: .regression))
        _ = try folder.write("test.csv", "a,b,y\n1,2,3\n")
        let constants = try #require(try OpenedData(recipe, cache: folder.cache).constants)
        _ = try folder.write("test.csv", "b;a\n1;2\n")
        let error = #expect(throws: DatasetError.self) {
            try OpenedData(testOf: recipe, constants: constants, cache: folder.cache)
        }
        #expect(error?.problem == "2 columns of \(train) are missing: a, b")
        #expect(error?.advice.contains("has 2 fields \(Self.semicolon)") == true, "\(error?.advice ?? "")")
    }

    /// Other mistakes are not blamed on the delimiter.
    @Test(arguments: [
        ("a,b,z\n1,2,3\n", "there is no column 'y'"), ("a,b,y\n1,2\n", "the row has 2 fields"),
        ("a,b,y\n1,2,3\n1,2,3,4;5\n", "more than the 3 fields"), ("z\n1\n2\n", "there is no column 'y'"),
        ("a,b,y\n1,2;3,4\n", "'2;3' in column 'b'"), ("a;1,b;2,z;3\n1,2,3\n", "there is no column 'y'"),
        ("text\nhello; world\n", "there is no column 'y'"), ("a,b,y\n1,\"2,3\n", "never closed"),
    ])
    func otherMistakes(_ text: String, _ problem: String) throws {
        let message = try message(text)
        #expect(message.contains(problem) && !message.contains("delimiter:"), "\(message)")
    }
}
