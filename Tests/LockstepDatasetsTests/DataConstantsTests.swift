import Foundation
import LockstepDatasets
import LockstepReaders
import LockstepTensors
import Testing

/// What a checkpoint keeps of the training data: with it a test set is prepared to the same bits, without them.
@Suite struct DataConstantsTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    private func stored(_ constants: DataConstants?) throws -> DataConstants {
        let constants = try #require(constants)
        let read = try JSONDecoder().decode(
            DataConstants.self, from: JSONEncoder().encode(constants))
        #expect(read == constants)
        return read
    }

    /// Recipes with the files of their training data.
    private func recipes() throws -> [(DataConfiguration, [String])] {
        let table = try folder.write(
            "train.csv", "a,kind,y\n0.1,red,1.5\n,blue,2.5\n0.7,red,10\n0.35,green,-3\n")
        let testTable = try folder.write("test.csv", "a,kind,y\n0.2,green,3\n,red,4\n")
        let images = try folder.idx("i", [5, 2, 3], (0..<30).map { UInt8($0 * 7 % 251) })
        let labels = try folder.idx("l", [5], [0, 1, 2, 1, 0])
        let testImages = try folder.idx("ti", [2, 2, 3], (0..<12).map { UInt8($0 * 11 % 251) })
        let testLabels = try folder.idx("tl", [2], [2, 0])
        let floats: [Float] = [0.1, 0.2, 0.7, -3, 5, 0.3, 1.1, 2.7]
        let x = try folder.npy("x.npy", "<f4", "(4, 2)", bytes(floats))
        let y = try folder.npy("y.npy", "<f4", "(4,)", bytes([1.5, 2.5, 7, 0.1] as [Float]))
        let testX = try folder.npy("tx.npy", "<f4", "(2, 2)", bytes([0.9, 0.8, 0.7, 0.6] as [Float]))
        let testY = try folder.npy("ty.npy", "<f4", "(2,)", bytes([3.5, 4.5] as [Float]))
        return [
            (
                .csv(
                    .init(
                        train: table, test: testTable, target: "y", categorical: ["kind"], task: .regression,
                        missing: .mean)), [table]
            ),
            (
                .idx(
                    .init(
                        trainImages: images, trainLabels: labels, testImages: testImages,
                        testLabels: testLabels)), [images, labels]
            ),
            (
                .npy(
                    .init(
                        trainInputs: x, trainTargets: y, testInputs: testX, testTargets: testY,
                        task: .regression)), [x, y]
            ),
        ]
    }

    @Test func theTestSetNeedsNoTrainingData() throws {
        for (recipe, files) in try recipes() {
            let whole = try OpenedData(recipe, cache: folder.cache)
            let constants = try stored(whole.constants)
            let expected = whole.all(.test)
            for file in files { try FileManager.default.removeItem(atPath: file) }
            let alone = try #require(
                try OpenedData(testOf: recipe, constants: constants, cache: folder.cache))
            let all = alone.all(.test)
            #expect(all.inputs == expected.inputs && all.targets == expected.targets, "\(recipe)")
            #expect(alone.count(.training) == 0 && alone.count(.validation) == 0)
            #expect(alone.targetMean == whole.targetMean && alone.classCounts == whole.classCounts)
            #expect(alone.classNames == whole.classNames && alone.classes == whole.classes)
            // The second time it comes from the cache.
            let again = try OpenedData(testOf: recipe, constants: constants, cache: folder.cache)
            #expect(again?.all(.test).inputs == expected.inputs)
            #expect(throws: DatasetError.self) { try OpenedData(recipe, cache: folder.cache) }
        }
    }

    /// A table that is to be predicted has the same inputs with and without the target column.
    @Test func aTableToPredictNeedsNoTarget() throws {
        let recipe = try recipes()[0].0
        let constants = try stored(try OpenedData(recipe, cache: folder.cache).constants)
        func test(_ recipe: DataConfiguration, _ constants: DataConstants) throws -> OpenedData {
            try #require(try OpenedData(testOf: recipe, constants: constants, cache: folder.cache))
        }
        let whole = try test(recipe, constants)
        let inputs = whole.all(.test).inputs
        #expect(whole.hasTargets(.test))
        _ = try folder.write("test.csv", "a,kind\n0.2,green\n,red\n")
        // The second time it comes from the cache.
        for _ in 0..<2 {
            let without = try test(recipe, constants)
            #expect(without.all(.test).inputs == inputs && !without.hasTargets(.test))
            #expect(without.all(.test).targets == [0, 0] && without.count(.test) == 2)
        }
        // A training needs it, and other columns nobody can do without.
        #expect(throws: DatasetError.self) { try OpenedData(recipe, cache: folder.cache) }
        _ = try folder.write("test.csv", "kind\ngreen\n")
        #expect(problem(recipe, constants).contains("column 'a' of \(folder.path)/train.csv is missing"))
    }

    /// Without header the number of fields tells.
    @Test func aTableWithoutHeaderNeedsNoTarget() throws {
        let train = try folder.write("plain.csv", "1,red,5\n2,blue,7\n3,red,9\n")
        let recipe = DataConfiguration.csv(
            .init(
                train: train, test: try folder.write("plain-test.csv", "8,red,6\n9,blue,4\n"), target: "1",
                header: false))
        let constants = try stored(try OpenedData(recipe, cache: folder.cache).constants)
        func test() throws -> OpenedData {
            try #require(try OpenedData(testOf: recipe, constants: constants, cache: folder.cache))
        }
        let whole = try test()
        #expect(whole.hasTargets(.test) && whole.all(.test).targets == [1, 0])
        let inputs = whole.all(.test).inputs
        _ = try folder.write("plain-test.csv", "8,6\n9,4\n")
        let without = try test()
        #expect(!without.hasTargets(.test) && without.all(.test).inputs == inputs)
        _ = try folder.write("plain-test.csv", "8,6\n9,blue,4\n")
        #expect(problem(recipe, constants).contains("plain-test.csv:2"))
        _ = try folder.write("plain-test.csv", "8\n9\n")
        #expect(problem(recipe, constants).contains("; for predictions the target may be left out"))
    }

    /// Other training data do not change how a trained network's samples are prepared.
    @Test func givenConstantsTakeThePlaceOfOwnOnes() throws {
        let (recipe, files) = try recipes()[2]
        let first = try OpenedData(recipe, cache: folder.cache)
        let constants = try stored(first.constants)
        let expected = first.all(.test).inputs
        _ = try folder.npy(
            "x.npy", "<f4", "(4, 2)", bytes([9, 8, 7, 6, 5, 4, 3, 2.5] as [Float]))
        #expect(files[0].hasSuffix("x.npy"))
        #expect(try OpenedData(recipe, cache: folder.cache).all(.test).inputs != expected)
        let given = try OpenedData(recipe, constants: constants, cache: folder.cache)
        #expect(given.all(.test).inputs == expected)
    }

    private func problem(_ recipe: DataConfiguration, _ constants: DataConstants) -> String {
        do {
            _ = try OpenedData(testOf: recipe, constants: constants, cache: folder.cache)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func dataOfAnotherKindAreRefused() throws {
        let all = try recipes().map(\.0)
        let constants = try all.map { try stored(try OpenedData($0, cache: folder.cache).constants) }
        #expect(
            problem(all[2], constants[1]).contains(
                "samples are [2] float32, but the network was trained on [2, 3, 1] uint8"))
        let table = try folder.write("test.csv", "a,kind,y\n0.2,purple,3\n")
        #expect(problem(all[0], constants[0]).contains("purple"))
        _ = try folder.write("test.csv", "a,y\n0.2,3\n")
        #expect(problem(all[0], constants[0]).contains("column 'kind' of"))
        _ = try folder.idx("tl", [2], [3, 0])
        #expect(problem(all[1], constants[1]).contains("label 3 is not in 0...2"))
        #expect(FileManager.default.fileExists(atPath: table))
    }

    /// A test set that is not in files of its own comes with the training data; a text depends on nothing of this.
    @Test func whatHasNoTestFiles() throws {
        let synthetic = DataConfiguration.synthetic(.init(samples: 20, shape: [3], classes: 2))
        let constants = try stored(try OpenedData(synthetic, cache: folder.cache).constants)
        #expect(try OpenedData(testOf: synthetic, constants: constants, cache: folder.cache) == nil)
        let text = DataConfiguration.text(
            .init(path: try folder.write("a.txt", "In the beginning"), windows: .init(context: 4)))
        #expect(try OpenedData(text, cache: folder.cache).constants == nil)
    }

    /// A network of a text can be made without the text, from a checkpoint of any age.
    @Test func aTextSaysWhatItsWindowsAre() throws {
        let path = try folder.write("a.txt", "In the beginning")
        let text = DataConfiguration.text(.init(path: path, windows: .init(context: 4)))
        let data = try OpenedData(text, cache: folder.cache)
        let constants = data.dataset.constants
        #expect(constants.names == ["bytes", "text"])
        #expect(constants[json: "bytes"] == "[32,73,98,101,103,104,105,110,116]")
        #expect(constants[json: "text"] == #"{"context":4,"vocabulary":256}"#)
        try FileManager.default.removeItem(atPath: path)
        for constants in [constants, DatasetConstants()] {
            #expect(try text.schema(of: constants) == data.schema)
        }
        #expect(data.schema.fields.map(\.name) == ["tokens", "next", "left_out"])
        #expect(data.dataset.samplesName == "windows" && data.schema.vocabulary == 256)
    }

    @Test func constantsThatContradictEachOther() throws {
        let (recipe, _) = try recipes()[2]
        var constants = DatasetConstants()
        for json in [#"{"classCounts":[1]}"#, "[]"] {
            constants[json: "data"] = json
            #expect(throws: DatasetConstantsError.self) { try recipe.schema(of: constants) }
            #expect(throws: DatasetConstantsError.self) {
                try recipe.open(DatasetRequest(constants: constants, cache: folder.cache))
            }
        }
    }
}
