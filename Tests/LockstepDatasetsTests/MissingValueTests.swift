import Foundation
import LockstepDatasets
import Testing

/// What stands for a missing value, and what takes its place.
@Suite struct MissingValueTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func problem(_ work: () throws -> Void) -> String {
        do {
            try work()
            return "accepted"
        } catch { return "\(error)" }
    }

    /// The mean of the training split, in whatever units inputs are given to the network, also for other files.
    @Test(arguments: [Normalization.none, .automatic, .perFeature, .perChannel], [0.0, 1_700_000_000])
    func theTrainingMean(_ normalize: Normalization, _ offset: Double) throws {
        func rows(_ values: [Double?]) -> String {
            values.enumerated().map { "\($1.map { "\($0 + offset)" } ?? ""),3,\($0 % 2)\n" }.joined()
        }
        // 2^20 apart, so that 32-bit numbers tell them apart also without normalization.
        let step = 1_048_576.0
        let recipe = DataConfiguration.csv(
            .init(
                train: try folder.write(
                    "t.csv", "a,b,y\n" + rows([0, 2 * step, nil, 4 * step, 6 * step, nil])),
                test: try folder.write("test.csv", "y,b,a\n0,3,NA\n1,,\(offset + step)\n"), target: "y",
                missing: .mean, normalize: normalize))
        let data = try OpenedData(recipe, cache: folder.cache)
        let constants = try JSONDecoder().decode(
            DataConstants.self, from: JSONEncoder().encode(try #require(data.constants)))
        let alone = try #require(
            try OpenedData(testOf: recipe, constants: constants, cache: folder.cache))
        let (mean, three): (Float, Float) = normalize == .none ? (Float(offset + 3 * step), 3) : (0, 0)
        for dataset in [data, alone] {
            let test = dataset.all(.test).inputs
            #expect(test[0] == mean && test[1] == three && test[3] == three)
            #expect(normalize == .none ? test[2] == Float(offset + step) : test[2] < -0.5)
        }
        #expect(data.all(.training).inputs[4] == mean)
        // The same where the training file lacks nothing.
        _ = try folder.write("t.csv", "a,b,y\n" + rows([0, 2 * step, 4 * step, 6 * step]))
        #expect(try OpenedData(recipe, cache: folder.cache).all(.test).inputs[0] == mean)
    }

    @Test func onlyTheTrainingSplitCounts() throws {
        let rows = (0..<40).map { "\($0 % 5 == 0 ? "" : "\($0 * $0)"),\($0 % 2)\n" }.joined()
        let recipe = DataConfiguration.csv(
            .init(
                train: try folder.write("t.csv", "a,y\n" + rows), target: "y", missing: .mean,
                validation: .fraction(0.5), normalize: .none))
        let data = try OpenedData(recipe, cache: folder.cache)
        let squares = Set((0..<40).filter { $0 % 5 != 0 }.map { Float($0 * $0) })
        let known = data.all(.training).inputs.filter(squares.contains)
        let mean = Float(known.reduce(0) { $0 + Double($1) } / Double(known.count))
        let filled = (data.all(.training).inputs + data.all(.validation).inputs).filter {
            !squares.contains($0)
        }
        #expect(filled.count == 8 && Set(filled) == [mean])
    }

    @Test func aColumnOfNothingHasNoMean() throws {
        for normalize in [Normalization.none, .automatic] {
            let file = try folder.write("t.csv", "a,b,y\n1,,x\n2,NA,y\n")
            let recipe = DataConfiguration.csv(
                .init(train: file, target: "y", missing: .mean, normalize: normalize))
            let said = problem { _ = try OpenedData(recipe, cache: folder.cache) }
            #expect(said.contains("column 'b' has no number in any training row"), "\(said)")
        }
    }

    private func names(
        _ table: String, _ texts: [String]? = nil, missing: DataConfiguration.CSV.Missing = .error
    ) throws -> OpenedData {
        let recipe = DataConfiguration.CSV(
            train: try folder.write("t.csv", table), target: "y", categorical: ["kind"], missing: missing,
            missingValues: texts ?? DataConfiguration.CSV.defaultMissingValues, normalize: .none)
        return try OpenedData(.csv(recipe), cache: folder.cache)
    }

    @Test func inQuotesANameIsAName() throws {
        let data = try names("x,kind,y\n1,\"NA\",\"None\"\n2,\"?\",b\n3,c,\"null\"\n")
        #expect(data.classNames == ["None", "b", "null"])
        #expect(data.all(.training).inputs == [1, 0, 1, 0, 2, 1, 0, 0, 3, 0, 0, 1])
        // A number is not one in quotes either, and nothing is nothing.
        let none = try names("x,kind,y\n\"NA\",\"NA\",a\n2,\"\",b\n3,c,a\n", missing: .mean)
        #expect(none.all(.training).inputs == [2.5, 1, 0, 2, 0, 0, 3, 0, 1])
    }

    @Test(arguments: ["NA", "None", "none", "N/A", "NaN", "NULL", "?"])
    func withoutQuotesItIsMissing(_ text: String) throws {
        let category = problem { _ = try names("x,kind,y\n1,a,b\n2,\(text),c\n") }
        #expect(category.contains("t.csv:3: column 'kind' has no value: it says \(text);"), "\(category)")
        #expect(category.contains("missing_values"))
        let target = problem { _ = try names("x,kind,y\n1,a,b\n2,a,\(text)\n") }
        #expect(target.contains("t.csv:3: the target 'y' has no value: it says \(text);"), "\(target)")
    }

    @Test func theListIsTheUsers() throws {
        let table = "x,kind,y\n1,NA,None\n-999,none,b\n3,,None\n"
        let data = try names(table, ["-999", "none"], missing: .mean)
        #expect(data.classNames == ["None", "b"])
        // The empty field is a name here; the number -999 is none.
        #expect(data.all(.training).inputs == [1, 0, 1, 2, 0, 0, 3, 1, 0])
        #expect(problem { _ = try names(table, ["", "?"]) }.contains("t.csv:4: column 'kind' has no value;"))
        // Another list is another reading of the same file.
        #expect(try names("x,kind,y\n1,NA,a\n2,b,c\n", []).all(.training).inputs == [1, 1, 0, 2, 0, 1])
        #expect(
            problem { _ = try names("x,kind,y\n,NA,a\n2,b,c\n", []) }.contains(
                "t.csv:2: column 'x' has no value"))
    }

    @Test func blankLines() throws {
        for table in ["x,kind,y\n1,a,b\n\n2,a,c\n", "x,kind,y\r\n1,a,b\r\n  \r\n2,a,c\r\n"] {
            #expect(problem { _ = try names(table) }.contains("t.csv:3: the line is blank; remove it"))
        }
        #expect(problem { _ = try names("\nx,kind,y\n1,a,b\n") }.contains("t.csv:1: the line is blank"))
        #expect(
            problem { _ = try names("x,kind,y\n1,a,b\n,,\n") }.contains("t.csv:3: column 'x' has no value"))
        #expect(try names("x,kind,y\n1,a,b\n2,a,c\n\n\n").count(.training) == 2)
    }

    @Test func unseenNames() throws {
        let data = try names("x,kind,y\n1,red,b\n2,blue,c\n")
        let constants = try #require(data.constants)
        func test(_ row: String) throws -> String {
            let recipe = DataConfiguration.CSV(
                train: folder.path + "/t.csv",
                test: try folder.write("test.csv", "x,kind,y\n1,red,b\n\(row)\n"),
                target: "y", categorical: ["kind"], normalize: .none)
            return problem {
                _ = try OpenedData(testOf: .csv(recipe), constants: constants, cache: folder.cache)
            }
        }
        #expect(
            try test("3,red,").contains("remove the row; to predict without targets, leave all of them empty")
        )
        #expect(!problem { _ = try names("x,kind,y\n1,red,\n") }.contains("to predict"))
        let category = try test("3,violet,b")
        #expect(
            category.contains("test.csv:3: 'violet' in column 'kind' does not occur in ")
                && category.contains(", which has blue, red; correct it, remove the row,"), "\(category)")
        let target = try test("3,red,q")
        #expect(
            target.contains("test.csv:3: class 'q' does not occur in ") && target.contains("which has b, c; ")
        )
    }

    /// An empty target column is the same as none.
    @Test func emptyTargets() throws {
        let constants = try #require(try names("x,kind,y\n1,red,b\n2,blue,c\n").constants)
        func test(_ table: String) throws -> OpenedData {
            let recipe = DataConfiguration.CSV(
                train: folder.path + "/t.csv", test: try folder.write("test.csv", table), target: "y",
                categorical: ["kind"], normalize: .none)
            return try #require(
                try OpenedData(testOf: .csv(recipe), constants: constants, cache: folder.cache))
        }
        let empty = try test("x,kind,y\n1,red,\n3,blue,\n")
        let none = try test("x,kind\n1,red\n3,blue\n")
        #expect(!empty.hasTargets(.test) && !none.hasTargets(.test))
        #expect(empty.all(.test).inputs == none.all(.test).inputs && empty.count(.test) == 2)
        #expect(try test("x,kind,y\n1,red,b\n").hasTargets(.test))
    }
}
