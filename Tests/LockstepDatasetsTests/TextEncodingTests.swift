import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Text that is not what it is taken for is refused, and never repaired.
@Suite struct TextEncodingTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// Latin-1, where every character is one byte.
    private func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    private func recipe(
        _ bytes: [UInt8], _ encoding: TextEncoding = .utf8, categorical: [String] = ["town"],
        ignore: [String] = [],
        header: Bool = true
    ) throws -> DataConfiguration {
        .csv(
            .init(
                train: try folder.write("t.csv", bytes), target: header ? "y" : "2", categorical: categorical,
                ignore: ignore, header: header, encoding: encoding, normalize: .none))
    }

    private func read(_ recipe: DataConfiguration) throws -> OpenedData {
        try OpenedData(recipe, cache: folder.cache)
    }

    private func problem(_ recipe: DataConfiguration) -> DatasetError? {
        do {
            _ = try read(recipe)
            return nil
        } catch { return error as? DatasetError }
    }

    private static let towns = "x,town,y\n1,Köln,a\n2,Kéln,b\n3,Kàln,a\n4,Kûln,b\n"

    @Test func categoriesClassesAndHeaders() throws {
        // Of a category, quoted and not, a class, the header of any column, a quoted field with quotes and a line end before.
        let cases: [(String, Int, Int)] = [
            (Self.towns, 2, 12), ("x,town,y\n1,\"Köln\",a\n2,B,b\n", 2, 13),
            ("x,town,y\n1,A,a\n2,B,ü\n", 3, 19),
            ("x,täwn,y\n1,A,a\n2,B,b\n", 1, 3), ("x,town,y\n1,\"a \"\"b\"\"\nö\",a\n", 3, 20),
        ]
        for (text, line, byte) in cases {
            let error = try #require(problem(try recipe(latin1(text))), "\(text)")
            #expect(error.kind == .format && error.place == .line(line), "\(error)")
            #expect(error.description.contains("(byte \(byte) of the file) is not UTF-8"), "\(error)")
            #expect(error.advice.contains("encoding: latin-1"), "\(error)")
        }
    }

    @Test func otherFormsOfInvalidText() throws {
        for bytes: [UInt8] in [
            [0xC3], [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] {
            let table = Array("x,town,y\n1,A".utf8) + bytes + Array(",a\n2,B,b\n".utf8)
            let error = try #require(problem(try recipe(table)))
            #expect(
                error.place == .line(2) && error.problem.contains("(byte 12 of the file)"),
                "\(bytes): \(error)")
        }
        // What nobody compares may be anything.
        let ignored = try recipe(latin1("x,town,y\n1,Köln,a\n2,Kéln,b\n"), categorical: [], ignore: ["town"])
        #expect(problem(ignored) == nil)
        let headless = try recipe(
            latin1("1,Köln,a\n2,Kéln,b\n"), categorical: [], ignore: ["1"], header: false)
        #expect(problem(headless) == nil)
    }

    @Test func encodingsAreHonoured() throws {
        let utf8 = try read(try recipe(Array(Self.towns.utf8)))
        let expected = utf8.all(.training).inputs
        for encoding in [TextEncoding.latin1, .windows1252] {
            let data = try read(try recipe(latin1(Self.towns), encoding))
            #expect(data.all(.training).inputs == expected)
            #expect(data.all(.training).targets == [0, 1, 0, 1])
        }
        // A euro sign and quotation marks, which Latin-1 has not.
        let spreadsheet = Array("x,town,y\n1,".utf8) + [0x80, 0x93] + Array(",a\n2,B,".utf8) + [0x9C, 0x0A]
        #expect(try read(try recipe(spreadsheet, .windows1252)).classNames == ["a", "\u{153}"])
        let undefined = Array("x,town,y\n1,A,a\n2,".utf8) + [0x81] + Array(",b\n".utf8)
        let error = try #require(problem(try recipe(undefined, .windows1252)))
        #expect(
            error.place == .line(3) && error.problem.contains("byte 0x81 (byte 17 of the file)"), "\(error)")
    }

    @Test func marksAndZeroBytes() throws {
        for (mark, swap) in [([0xFF, 0xFE] as [UInt8], false), ([0xFE, 0xFF], true)] {
            let words = Self.towns.utf16.flatMap {
                swap ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)]
            }
            for encoding in TextEncoding.allCases {
                let error = try #require(problem(try recipe(mark + words, encoding)))
                #expect(error.kind == .format && error.problem.contains("UTF-16"), "\(error)")
            }
            let bare = try #require(problem(try recipe(words)))
            #expect(bare.problem.contains("zero byte"), "\(bare)")
        }
        let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(Self.towns.utf8)
        #expect(problem(try recipe(marked)) == nil)
        #expect(try #require(problem(try recipe(marked, .latin1))).advice.contains("encoding: utf-8"))
        let quoted = try #require(problem(try recipe(Array("x,town,y\n1,\"A\0\",a\n".utf8))))
        #expect(quoted.place == .line(2) && quoted.problem.contains("zero byte"), "\(quoted)")
    }

    /// Files that users export as well: the message says how they become a table.
    @Test(arguments: [
        ("PAR1\u{15}\0\u{15}", "this is a Parquet file", "scripts/parquet/convert"),
        ("SQLite format 3\0\u{10}", "this is an SQLite database", "as CSV"),
        (
            "PK\u{3}\u{4}" + String(repeating: "\0", count: 26) + "[Content_Types].xml"
                + String(repeating: "\0", count: 40), "this is a spreadsheet", "as CSV"
        ),
    ])
    func otherFormatsOfTables(_ text: String, _ words: String, _ advice: String) throws {
        let error = try #require(problem(try recipe(Array(text.utf8))))
        #expect(error.problem.hasPrefix(words) && error.advice.contains(advice), "\(error)")
    }

    /// A character and the letter with its accent are the same text.
    @Test func formsOfTheSameCharacter() throws {
        let data = try read(try recipe(Array("x,town,y\n1,Ko\u{308}ln,a\n2,K\u{F6}ln,b\n".utf8)))
        #expect(data.all(.training).inputs == [1, 1, 2, 1])
    }
}
