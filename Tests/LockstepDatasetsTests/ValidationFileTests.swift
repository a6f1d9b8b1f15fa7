import LockstepDatasets
import LockstepReaders
import Testing

/// Validation data in files of their own.
@Suite struct ValidationFileTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func open(_ recipe: DataConfiguration) throws -> OpenedData {
        try OpenedData(recipe, cache: folder.cache)
    }

    private func problem(_ recipe: DataConfiguration) -> String {
        do {
            _ = try open(recipe)
            return ""
        } catch {
            return "\(error)"
        }
    }

    /// Means, classes and categories are those of the training file alone.
    @Test func tables() throws {
        let train = try folder.write("t.csv", "x,c,y\n1,p,a\n3,q,b\n")
        let other = try folder.write("v.csv", "y,x,c\nb,9,q\na,2,p\nb,2,p\n")
        var recipe = DataConfiguration.CSV(train: train, target: "y", categorical: ["c"])
        let alone = try open(.csv(recipe))
        recipe.validationFile = DataFiles(other)
        for _ in 0..<2 {
            // Decoded, and from the cache.
            let data = try open(.csv(recipe))
            #expect(data.count(.training) == 2 && data.count(.validation) == 3 && data.count(.test) == 0)
            #expect(data.all(.training) == alone.all(.training))
            #expect(data.all(.validation).targets == [1, 0, 1])
            #expect(data.all(.validation).inputs[..<3] == [7, -1, 1])
            #expect(data.fingerprint != alone.fingerprint && data.classCounts == [1, 1])
        }
        recipe.validationFile = DataFiles(try folder.write("w.csv", "x,c,y\n1,p,d\n"))
        #expect(problem(.csv(recipe)).contains("class 'd' does not occur"))
        recipe.preparation.validation = .fraction(0.5)
        #expect(
            problem(.csv(recipe)).contains(
                "csv.validation_file: and validation, a share of the training data, exclude each other"))
        var lines = DataConfiguration.JSONLines(
            train: DataFiles(try folder.write("t.jsonl", "{\"x\":1,\"y\":\"a\"}\n{\"x\":3,\"y\":\"b\"}")),
            target: "y")
        lines.validationFile = DataFiles(try folder.write("v.jsonl", "{\"y\":\"b\",\"x\":5}"))
        let data = try open(.jsonLines(lines))
        #expect(data.all(.validation).inputs == [3] && data.all(.validation).targets == [1])
    }

    @Test func arrays() throws {
        let file = ArrayFixture.path("all.h5")
        var recipe = DataConfiguration.NPY(
            trainInputs: ArrayFixture.path("float64.npy"), trainTargets: ArrayFixture.path("names.npy"),
            testInputs: ArrayFixture.path("float64.npy"), testTargets: ArrayFixture.path("names.npy"))
        recipe.validationInputs = DataFiles(ArrayFixture.path("stored.npz:float64_big"))
        recipe.validationTargets = DataFiles(ArrayFixture.path("bytes.npy"))
        let data = try open(.npy(recipe))
        #expect(data.count(.training) == 7 && data.count(.validation) == 7 && data.count(.test) == 7)
        #expect(data.all(.validation).targets == data.all(.training).targets)
        #expect(data.all(.validation).inputs != data.all(.training).inputs)
        #expect(data.all(.test) == data.all(.training))
        var hdf5 = DataConfiguration.HDF5(train: DataFiles(file), inputs: "float64", targets: "names")
        hdf5.test = DataFiles(file)
        hdf5.validationFile = DataFiles(file)
        hdf5.validationInputs = "chunked/float64_big"
        #expect(try open(.hdf5(hdf5)).fingerprint == data.fingerprint)
        #expect(DataConfiguration.hdf5(hdf5).component.hasValidation)
        recipe.validationInputs = DataFiles(ArrayFixture.path("fortran.npy"))
        recipe.validationTargets = DataFiles(
            try folder.npy("five.npy", "|S4", "(5,)", Array("roserosetuliroserose".utf8)))
        #expect(problem(.npy(recipe)).contains("does not occur in the training files"))
        recipe.validationTargets = nil
        #expect(problem(.npy(recipe)).contains("npy.validation_targets: is missing"))
    }

    @Test func images() throws {
        var recipe = DataConfiguration.IDX(
            trainImages: try folder.idx("i", [2, 1, 2], [0, 10, 20, 30]),
            trainLabels: try folder.idx("l", [2], [0, 1]),
            normalize: .none)
        recipe.validationImages = DataFiles(try folder.idx("vi", [1, 1, 2], [7, 8]))
        recipe.validationLabels = DataFiles(try folder.idx("vl", [1], [1]))
        let data = try open(.idx(recipe))
        #expect(data.all(.training).inputs == [0, 10, 20, 30] && data.all(.validation).inputs == [7, 8])
        recipe.validationLabels = DataFiles(try folder.idx("vl", [1], [2]))
        #expect(problem(.idx(recipe)).contains("label 2 is not in 0...1"))
        recipe.validationImages = DataFiles(try folder.idx("vi", [1, 2, 1], [7, 8]))
        recipe.validationLabels = DataFiles(try folder.idx("vl", [1], [1]))
        #expect(problem(.idx(recipe)).contains("validation samples are [2, 1, 1]"))
    }

    @Test func sequences() throws {
        func numbers(_ name: String, _ values: [UInt8]) throws -> String {
            try folder.npy(name, "|u1", "(\(values.count),)", values)
        }
        var recipe = DataConfiguration.Sequences(
            trainInputs: try numbers("x", [1, 2, 3]), trainLengths: try numbers("n", [2, 1]),
            trainTargets: try numbers("y", [0, 1]), normalize: .none)
        recipe.validationInputs = DataFiles(try numbers("vx", [7, 8, 9]))
        recipe.validationLengths = DataFiles(try numbers("vn", [3]))
        recipe.validationTargets = DataFiles(try numbers("vy", [1]))
        let data = try recipe.open(DatasetRequest(cache: folder.cache))
        #expect(data.count(of: .training) == 2 && data.count(of: .validation) == 1)
        let block = EvaluationSplit(data, .validation).block(0..<1)
        #expect(block.inputs.floatArray == [7, 8, 9])
        recipe.validationLengths = nil
        #expect(problem(.sequences(recipe)).contains("sequences.validation_lengths: is missing"))
    }

    /// Each byte of the other text is predicted from those before it in that text, and so all but the first.
    @Test func texts() throws {
        var recipe = DataConfiguration.Text(
            path: try folder.write("t.txt", "abcdefgh"), windows: .init(context: 3, randomOffset: false))
        recipe.validationFile = DataFiles(try folder.write("v.txt", "vwxyz"))
        let data = try recipe.open(DatasetRequest(cache: folder.cache))
        #expect(data.count(of: .training) == 2 && data.count(of: .validation) == 2)
        let block = EvaluationSplit(data, .validation).block(0..<2)
        let tokens = (0..<6).map { UInt8(block[0].int32s[$0]) }
        #expect(String(decoding: tokens, as: UTF8.self) == "vwxwxy")
        #expect((0..<2).map { block[2].int32s[$0] } == [0, 2])
        recipe.validationFile = DataFiles(try folder.write("v.txt", "vwx"))
        #expect(problem(.text(recipe)).contains("the validation text of 3 bytes is too short"))
    }
}
