import Foundation
import LockstepDatasets
import Testing

/// The columns of a table with a header go by their names, those of one without by their order.
@Suite struct TableColumnTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private static let rows = [
        ["0.2", "green", "r1", "3", "big", "0.5"], ["0.7", "red", "r2", "4", "small", "-1"],
        ["", "blue", "r3", "5", "big", "2"],
    ]
    private static let names = ["a", "kind", "id", "y", "size", "b"]
    private static let training =
        "a,kind,id,y,size,b\n0.1,red,t1,1.5,big,3\n,blue,t2,2.5,small,1\n0.7,red,t3,10,big,4\n0.35,green,t4,-3,big,1\n"

    /// The rows of the test set, with some columns.
    private func write(_ columns: [String], _ more: String? = nil) throws {
        var lines = [columns.joined(separator: ",") + (more.map { ",\($0)" } ?? "")]
        for row in Self.rows {
            let values = columns.map { name in row[Self.names.firstIndex(of: name) ?? 0] }
            lines.append(values.joined(separator: ",") + (more == nil ? "" : ",7"))
        }
        _ = try folder.write("test.csv", lines.joined(separator: "\n") + "\n")
    }

    private func recipe(_ ignore: [String] = ["id"]) throws -> DataConfiguration {
        .csv(
            .init(
                train: try folder.write("train.csv", Self.training), test: folder.path + "/test.csv",
                target: "y",
                categorical: ["size", "kind"], ignore: ignore, task: .regression, missing: .mean))
    }

    private func prepared(_ recipe: DataConfiguration, _ constants: DataConstants) throws -> OpenedData {
        try #require(try OpenedData(testOf: recipe, constants: constants, cache: folder.cache))
    }

    private func problem(_ work: () throws -> Void) -> String {
        do {
            try work()
            return "accepted"
        } catch { return "\(error)" }
    }

    /// Any order gives the same bits: beside the training data, and alone with what a checkpoint keeps.
    @Test(arguments: [
        ["a", "kind", "id", "y", "size", "b"], ["b", "size", "y", "id", "kind", "a"],
        ["y", "b", "a", "size", "kind"], ["kind", "size", "b", "y", "a"],
    ])
    func columnsAreFoundByName(_ columns: [String]) throws {
        let recipe = try recipe()
        try write(Self.names)
        let whole = try OpenedData(recipe, cache: folder.cache)
        let constants = try #require(whole.constants)
        let expected = whole.all(.test)
        try write(columns)
        let again = try OpenedData(recipe, cache: folder.cache)
        for dataset in [again, try prepared(recipe, constants)] {
            #expect(dataset.all(.test).inputs == expected.inputs)
            #expect(dataset.all(.test).targets == expected.targets)
            #expect(dataset.warnings.isEmpty, "\(dataset.warnings)")
        }
        #expect(again.constants == constants)
        try write(columns.filter { $0 != "y" })
        let without = try prepared(recipe, constants)
        #expect(without.all(.test).inputs == expected.inputs && !without.hasTargets(.test))
    }

    /// What a checkpoint has that was written when tables had to have their columns in the order of training.
    private static let stored = """
        {"classCounts":[60,60],"classNames":["high","low"],"columns":{"classes":["high","low"],
        "names":["x","kind","id","y"],"roles":[{"number":{}},{"category":{"_0":0}},{"ignored":{}},{"target":{}}],
        "vocabularies":[["blue","green","red"]]},"inputType":"float32","inputs":{"deviations":[1,1,1,1],
        "means":[0,0,0,0]},"sampleExtents":[4],"targetWidth":0,"targets":{"deviation":[1],"mean":[0]}}
        """

    @Test func checkpointsOfBeforeKnowTheNames() throws {
        let constants = try JSONDecoder().decode(DataConstants.self, from: Data(Self.stored.utf8))
        let test = try folder.write("test.csv", "y,kind,x\nlow,red,4\nhigh,blue,2.5\n")
        let recipe = DataConfiguration.csv(
            .init(train: "/nowhere/t.csv", test: test, target: "y", categorical: ["kind"], ignore: ["id"]))
        let dataset = try prepared(recipe, constants)
        #expect(dataset.all(.test).inputs == [4, 0, 0, 1, 2.5, 1, 0, 0])
        #expect(dataset.all(.test).targets == [1, 0] && dataset.warnings.isEmpty)
    }

    /// A training table in another order is another experiment, but a trained network can be evaluated on it.
    @Test func trainingTablesInAnotherOrder() throws {
        let recipe = try recipe()
        try write(Self.names)
        let whole = try OpenedData(recipe, cache: folder.cache)
        let constants = try #require(whole.constants)
        let lines = Self.training.split(separator: "\n")
        let reversed = lines.map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).reversed().joined(separator: ",")
        }
        _ = try folder.write("train.csv", reversed.joined(separator: "\n") + "\n")
        let trained = try OpenedData(recipe, constants: constants, cache: folder.cache)
        for part in [DatasetSplit.training, .test] {
            #expect(trained.all(part).inputs == whole.all(part).inputs)
            #expect(trained.all(part).targets == whole.all(part).targets)
        }
        let new = try OpenedData(recipe, cache: folder.cache)
        #expect(new.all(.training).inputs != whole.all(.training).inputs)
        #expect(new.all(.training).inputs.sorted() == whole.all(.training).inputs.sorted())
        // Fewer categories than the network knows and no column to ignore; then a category that it does not know.
        _ = try folder.write("train.csv", "kind,a,b,y,size\nred,0.1,3,1.5,big\n")
        let few = try OpenedData(recipe, constants: constants, cache: folder.cache)
        #expect(few.all(.training).inputs == Array(whole.all(.training).inputs.prefix(7)))
        _ = try folder.write("train.csv", "kind,id,a,b,y,size\npurple,r1,0.1,3,1.5,big\n")
        #expect(
            problem { _ = try OpenedData(recipe, constants: constants, cache: folder.cache) }
                .contains("'purple' in column 'kind'"))
    }

    /// What the network has never seen is ignored, and said, also when the data come from the cache.
    @Test func otherColumnsAreIgnored() throws {
        let recipe = try recipe()
        try write(Self.names)
        let whole = try OpenedData(recipe, cache: folder.cache)
        let constants = try #require(whole.constants)
        let expected = whole.all(.test).inputs
        try write(["b", "a", "kind", "size", "y"], "note")
        let warning =
            "\(folder.path)/test.csv: column 'note' is not in \(folder.path)/train.csv and therefore ignored"
        for _ in 0..<2 {
            let test = try prepared(recipe, constants)
            #expect(test.all(.test).inputs == expected)
            #expect(test.warnings == [warning])
            #expect(try OpenedData(recipe, cache: folder.cache).warnings == [warning])
        }
        #expect(try prepared(try self.recipe(["id", "note"]), constants).warnings.isEmpty)
        try write(["b", "a", "kind", "size", "y"], "note,b2")
        // Its rows have too few fields: a name more than values.
        #expect(problem { _ = try prepared(recipe, constants) }.contains("test.csv:2: the row has 6 fields"))
    }

    @Test(arguments: [
        (["kind", "size", "b", "y"], "column 'a' of"), (["a", "b", "y"], "2 columns of"),
        (
            ["a", "b", "y"],
            "are missing: kind, size; add the missing columns, in any order; this file has the columns a, b"
        ),
        (["id"], "4 columns of"),
        (["id"], "; let the first line name the columns; this file has the columns id"),
    ])
    func missingColumnsAreNamed(_ columns: [String], _ message: String) throws {
        let recipe = try recipe()
        try write(Self.names)
        let constants = try #require(try OpenedData(recipe, cache: folder.cache).constants)
        try write(columns)
        let text = problem { _ = try prepared(recipe, constants) }
        #expect(text.contains("test.csv:1: ") && text.contains(message), "\(text)")
        #expect(!text.contains("delimiter"), "\(text)")
    }

    @Test func trainingNeedsTheTargetOfTheTestSetToo() throws {
        let recipe = try recipe()
        try write(["a", "kind", "size", "b"])
        let text = problem { _ = try OpenedData(recipe, cache: folder.cache) }
        #expect(text.contains("column 'y' of \(folder.path)/train.csv is missing"), "\(text)")
    }

    /// Twice the same name is a mistake only where the column is used.
    @Test func columnsThatStandTwice() throws {
        let recipe = try recipe()
        try write(Self.names)
        let constants = try #require(try OpenedData(recipe, cache: folder.cache).constants)
        try write(Self.names + ["a"])
        #expect(problem { _ = try prepared(recipe, constants) }.contains("two columns are named 'a'"))
        try write(Self.names + ["id"])
        #expect(try prepared(recipe, constants).count(.test) == 3)
    }

    /// Without header there is nothing but the order.
    @Test func withoutHeaderColumnsGoByOrder() throws {
        let train = try folder.write("plain.csv", "1,5,x\n2,7,y\n3,9,x\n")
        let test = try folder.write("test.csv", "8,6,x\n9,4,y\n")
        let recipe = DataConfiguration.csv(
            .init(train: train, test: test, target: "-1", header: false, normalize: .none))
        let whole = try OpenedData(recipe, cache: folder.cache)
        #expect(whole.all(.test).inputs == [8, 6, 9, 4] && whole.all(.test).targets == [0, 1])
        _ = try folder.write("test.csv", "6,8,x\n4,9,y\n")
        #expect(try OpenedData(recipe, cache: folder.cache).all(.test).inputs == [6, 8, 4, 9])
        _ = try folder.write("test.csv", "6,8\n4,9\n")
        let text = problem { _ = try OpenedData(recipe, cache: folder.cache) }
        #expect(text.contains("test.csv:1: the row has 2 fields, but those of \(train) have 3"), "\(text)")
    }
}
