import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Dates, decimal commas, hashed texts, replacements, weights and identifiers of tables.
@Suite struct TableTreatmentTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private struct Sales: Decodable {
        let width: Int
        let inputs: [Double]
        let identifiers: [String]
        let weights: [Double]
    }

    private static var fixtures: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Fixtures/tables")
    }

    private func problem(_ work: () throws -> Void) -> String {
        do {
            try work()
            return "accepted"
        } catch { return "\(error)" }
    }

    private func table(
        _ text: String, test: String? = nil, categorical: [String] = [], ignore: [String] = [],
        header: Bool = true, delimiter: String = ",", missing: DataConfiguration.CSV.Missing = .error,
        normalize: Normalization = .none, treatment: TableTreatment = .init(), written: TableText = .init()
    ) throws -> DataConfiguration.CSV {
        var recipe = DataConfiguration.CSV(
            train: try folder.write("t.csv", text), test: try test.map { try folder.write("test.csv", $0) },
            target: "y", categorical: categorical, ignore: ignore, header: header, delimiter: delimiter,
            missing: missing, normalize: normalize)
        recipe.treatment = treatment
        recipe.text = written
        return recipe
    }

    private func open(_ recipe: DataConfiguration.CSV) throws -> OpenedData {
        try OpenedData(.csv(recipe), cache: folder.cache)
    }

    /// The inputs that pandas and scikit-learn make of the same columns: scripts/fixtures/tables.py.
    @Test func asPandasAndScikitLearn() throws {
        let golden = try JSONDecoder().decode(
            Sales.self, from: Data(contentsOf: Self.fixtures.appending(path: "sales.json")))
        var recipe = DataConfiguration.CSV(
            train: Self.fixtures.appending(path: "sales.csv").path, target: "Klasse", categorical: ["Farbe"],
            delimiter: ";", normalize: .none)
        recipe.text = TableText(decimal: ",", thousands: ".")
        recipe.treatment = TableTreatment(
            identifiers: ["Nr"], sampleWeight: "Gewicht",
            dates: [
                DateColumn(
                    column: "Datum", format: "%d.%m.%Y %H:%M",
                    features: [.year, .dayOfYear, .dayOfWeek, .hour, .minute, .unixTime], cyclic: [.month])
            ],
            hashed: [HashedColumn(column: "Text", features: 8)],
            impute: [
                Imputation(columns: ["Preis"], strategy: .median, indicator: true),
                Imputation(columns: ["Farbe"], strategy: .mostFrequent),
            ])
        let data = try open(recipe)
        let inputs = data.all(.training).inputs
        #expect(data.sampleShape.extents == [golden.width])
        for (index, (value, wanted)) in zip(inputs, golden.inputs).enumerated() {
            #expect(
                abs(Double(value) - wanted) <= 1e-6 * max(1, abs(wanted)),
                "input \(index % golden.width) of row \(index / golden.width)")
        }
        for (row, name) in golden.identifiers.enumerated() {
            #expect(data.dataset.identifiers(of: row, in: .training) == [name])
        }
        #expect(data.dataset.identifierNames == ["Nr"])
        #expect(data.schema.fields[2].role == .weight)
        let block = EvaluationSplit(data.dataset, .training).block(0..<golden.weights.count)
        #expect(zip(block[2].floatArray, golden.weights).allSatisfy { $0 == Float($1) })
        // From the cache as from the file, and normalized: the median is not the mean.
        #expect(try open(recipe).all(.training).inputs == inputs)
        recipe.preparation.normalize = .automatic
        let scaled = try open(recipe).all(.training).inputs
        let missing = inputs.indices.filter { $0 % golden.width == 9 && inputs[$0] == 1 }.map { $0 - 1 }
        #expect(Set(missing.map { scaled[$0] }).count == 1 && abs(scaled[missing[0]]) > 0.01)
    }

    /// What the training split decides is in the constants, so that a test set needs no training data.
    @Test func fromTheConstantsAlone() throws {
        var recipe = try table(
            "id,when,c,x,note,y\nu,2026-01-05,red,1,big red,a\nv,2026-02-10,red,,small,b\nw,2026-03-15,,9,big,a\nz,2026-04-15,blue,2,x,b\n",
            test: "y,c,when,note,x,id,w\na,,2027-12-31T23:00:00+02:00,big unknown,NA,q,1\n",
            categorical: ["c"],
            treatment: .init(
                identifiers: ["id"], dates: [.init(column: "when", features: [.month, .hour])],
                hashed: [.init(column: "note", features: 4)],
                impute: [
                    .init(columns: ["x"], strategy: .median, indicator: true),
                    .init(columns: ["c"], strategy: .mostFrequent),
                ]))
        let data = try open(recipe)
        let constants = try JSONDecoder().decode(
            DataConstants.self, from: JSONEncoder().encode(try #require(data.constants)))
        #expect(constants == data.constants)
        try FileManager.default.removeItem(atPath: folder.path + "/t.csv")
        recipe.train = "/nowhere"
        let alone = try #require(
            try OpenedData(testOf: .csv(recipe), constants: constants, cache: folder.cache))
        let row = alone.all(.test).inputs
        #expect(Array(row.prefix(6)) == [12, 21, 0, 1, 2, 1])
        #expect(row.suffix(4).reduce(0, +) == 2)
        #expect(alone.dataset.identifiers(of: 0, in: .test) == ["q"])
    }

    @Test func namesThatAreUnknown() throws {
        func read(_ unknown: TableTreatment.Unknown) throws -> OpenedData {
            try open(
                try table(
                    "c,x,y\nred,1,a\nblue,2,b\n", test: "c,x,y\ngreen,1,a\nred,2,b\npink,3,a\n",
                    categorical: ["c"], treatment: .init(unknown: unknown)))
        }
        #expect(
            problem { _ = try read(.error) }.contains(
                "'green' in column 'c' does not occur in \(folder.path)/t.csv, which has blue, red; correct it, "
                    + "remove the row, set unknown: ignore"
            ))
        let data = try read(.ignore)
        #expect(data.all(.test).inputs == [0, 0, 1, 0, 1, 2, 0, 0, 3])
        #expect(
            data.warnings.contains {
                $0.contains("test.csv: 2 values of column 'c' do not occur in")
                    && $0.contains("'green' in line 2")
            }, "\(data.warnings)")
    }

    @Test func replacementsOfSomeColumns() throws {
        let rows = "a,b,c,y\n1,,red,u\n,2,,v\n3,4,,u\n3,9,blue,v\n"
        func read(_ impute: [Imputation], missing: DataConfiguration.CSV.Missing = .error) throws -> [Float] {
            try open(
                try table(rows, categorical: ["c"], missing: missing, treatment: .init(impute: impute))
            ).all(.training).inputs
        }
        let all = [
            Imputation(columns: ["a"], strategy: .mostFrequent),
            Imputation(columns: ["b"], strategy: .constant, value: "-1"),
            Imputation(columns: ["c"], strategy: .constant, value: "none", indicator: true),
        ]
        #expect(
            try read(all) == [1, -1, 0, 0, 1, 0, 3, 2, 0, 1, 0, 1, 3, 4, 0, 1, 0, 1, 3, 9, 1, 0, 0, 0])
        // The others follow missing, and a column may be left to it or not.
        #expect(problem { _ = try read([all[0]]) }.contains("t.csv:2: column 'b' has no value"))
        #expect(try read([all[0]], missing: .mean)[1] == 5)
        #expect(
            problem { _ = try read([.init(columns: ["a"], strategy: .error)], missing: .mean) }.contains(
                "t.csv:3: column 'a' has no value"))
        #expect(
            problem { _ = try read([.init(columns: ["c"], strategy: .median)]) }.contains(
                "impute: column 'c' has categories, which have no median"))
        #expect(
            problem { _ = try read([.init(columns: ["b"], strategy: .constant, value: "x")]) }.contains(
                "the value 'x' is not a number"))
        #expect(
            problem { _ = try read([.init(columns: ["b"], strategy: .constant)]) }.contains(
                "impute[0].value: must be given with strategy: constant"))
    }

    @Test func spellingsOfNumbers() {
        func parse(_ text: String, _ decimal: String, _ thousands: String) -> Double? {
            var text = text
            return text.withUTF8 { NumberSpelling(decimal: decimal, thousands: thousands).parse($0) }
        }
        #expect(parse("-1.234.567,5e-1", ",", ".") == -123_456.75)
        #expect(parse("12,34,567.25", ".", ",") == 1_234_567.25)
        #expect(parse("1\u{202F}234,5", ",", "\u{202F}") == 1234.5)
        #expect(parse("1234,5", ",", ".") == 1234.5 && parse(",5", ",", "") == 0.5)
        for wrong in ["1.5", "1.23,4", "12345.678,0", "1..234", ".123", "1,2,3", "1.234.", "", ","] {
            #expect(parse(wrong, ",", ".") == nil, "\(wrong)")
        }
        #expect(parse("1.5", ",", "") == nil && parse("1.5", ".", "") == 1.5)
    }

    @Test func spellingsOfDates() {
        func day(_ text: String, _ format: String = "iso") -> Double? {
            var text = text
            return text.withUTF8 { DateFormat(format).parse($0) }?.value(of: .unixTime)
        }
        // From Python's datetime.
        #expect(day("1970-01-01") == 0 && day("2000-02-29T12:00:00.5Z") == 951_825_600.5)
        #expect(day("1900-03-01 00:00") == -2_203_891_200 && day("0001-01-01") == -62_135_596_800)
        #expect(day("31/Dec/99 11:59 pm", "%d/%b/%y %I:%M %p") == 946_684_740)
        #expect(day("Friday, 3 july 2026", "%A, %d %B %Y") == 1_783_036_800)
        #expect(day("2024.366", "%Y.%j") == 1_735_603_200)
        #expect(day("2026-01-31T01:00:00+0530") == 1_769_801_400)
        for wrong in ["2026-02-29", "2026-13-01", "2026-1-32", "2026-01-31x", "26-01-31", "2026-01-31T25:00"]
        {
            #expect(day(wrong) == nil, "\(wrong)")
        }
        #expect(day("2023.366", "%Y.%j") == nil && day("31.02.2026", "%d.%m.%Y") == nil)
        #expect(DateFormat.problem("%d.%m.%Y") == nil && DateFormat.problem("%Q") != nil)
        #expect(DateFormat.problem("%H:%M")?.contains("must have a year") == true)
    }

    @Test func namesAndLinesBeforeThem() throws {
        let names = TableText(skipLines: 1, names: ["a", "b", "y"])
        let twice = "3 rows\na,a,class\n1,2,u\n3,4,v\n"
        #expect(
            problem { _ = try open(try table(twice, written: .init(skipLines: 1))) }.contains(
                "two columns are named 'a'; rename one of them, or list the names of all columns under names")
        )
        #expect(try open(try table(twice, written: names)).all(.training).inputs == [1, 2, 3, 4])
        let bare = try table("1,2,u\n3,4,v\n", header: false, written: .init(names: ["a", "b", "y"]))
        #expect(try open(bare).all(.training).inputs == [1, 2, 3, 4])
        #expect(
            problem { _ = try open(try table(twice, written: .init(skipLines: 1, names: ["a", "y"]))) }
                .contains(
                    "t.csv:2: the line has 3 fields, but names lists 2 columns"))
        // A row index without name, as pandas and R write it.
        let index = ",x,y\n0,5,u\n1,6,v\n"
        #expect(try open(try table(index)).warnings.contains { $0.contains("column 1 has no name") })
        #expect(try open(try table(index, ignore: [""])).all(.training).inputs == [5, 6])
    }

    @Test func blankLines() throws {
        let text = "\n \nx,y\n1,u\n\n\t\n2,v\n\n"
        #expect(problem { _ = try open(try table(text)) }.contains("set blank_lines: skip"))
        let data = try open(try table(text, treatment: .init(blankLines: .skip)))
        #expect(data.all(.training).inputs == [1, 2])
        let wrong = try table(text + "z,u\n", treatment: .init(blankLines: .skip))
        #expect(problem { _ = try open(wrong) }.contains("t.csv:9: 'z' in column 'x'"))
    }

    @Test func weightsAndUses() throws {
        let rows = "x,w,y\n1,2,u\n2,0.5,v\n"
        let data = try open(
            try table(rows, test: "x,y\n1,u\n", treatment: .init(sampleWeight: "w")))
        #expect(
            data.sampleShape.extents == [1]
                && data.schema.fields.map(\.name) == ["input", "target", "weight"])
        for wrong in ["-1", "", "nan", "x"] {
            let broken = try table(rows + "3,\(wrong),u\n", treatment: .init(sampleWeight: "w"))
            #expect(
                problem { _ = try open(broken) }.contains(
                    "t.csv:4: '\(wrong)' in column 'w' is not a sample weight"))
        }
        let twice = try table(rows, treatment: .init(identifiers: ["w"], sampleWeight: "w"))
        #expect(
            problem { _ = try open(twice) }.contains("column 'w' is named under sample_weight and elsewhere"))
        let target = try table(rows, treatment: .init(identifiers: ["y"]))
        #expect(problem { _ = try open(target) }.contains("'y' must not be named under id"))
    }

    /// Advice that names the key.
    @Test func numbersOfAnotherSpelling() throws {
        #expect(
            problem { _ = try open(try table("x;y\n1,5;u\n2,5;v\n", delimiter: ";")) }.contains(
                "'1,5' in column 'x' is not a number; set decimal and thousands"))
        #expect(
            problem { _ = try open(try table("x,y\n2026-01-31,u\n")) }.contains(
                "it is a date: list the column under dates"))
        #expect(
            problem {
                _ = try open(try table("x,y\n31.1.26,u\n", treatment: .init(dates: [.init(column: "x")])))
            }.contains(
                "'31.1.26' in column 'x' is not a date in the format 'iso'; correct it, or set dates[].format"
            ))
        #expect(
            problem { _ = try open(try table("x,y\n-,u\n")) }.contains(
                "'-' in column 'x' is not a number; if it stands for a missing value, add it to missing_values"
            ))
        #expect(
            problem { _ = try open(try table("x,y\n1x,u\n")) }.contains(
                "'1x' in column 'x' is not a number; correct it, or list the column under categorical"))
    }
}
