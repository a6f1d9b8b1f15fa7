import Foundation
import LockstepConfiguration
import LockstepDatasets
import LockstepReaders
import Testing

/// HDF5 files give the bits that NPY files give.
@Suite struct HDF5Tests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func file(_ name: String) -> String { ArrayFixture.path("all.h5:\(name)") }

    @Test(arguments: ["", "/", "chunked/", "/chunked/"]) func bitsOfNPY(_ group: String) throws {
        for name in ArrayFixture.numbers {
            #expect(
                try ArrayFixture.content(file(group + name))
                    == ArrayFixture.content(ArrayFixture.path("\(name).npy")), "\(name)")
        }
        for name in ["names", "bytes"] {
            #expect(try ArrayFixture.texts(file(group + name)) == ArrayFixture.labels, "\(name)")
        }
    }

    @Test func compressedFile() throws {
        #expect(
            try ArrayFixture.content(ArrayFixture.path("all.h5.zst:chunked/float64"))
                == ArrayFixture.content(ArrayFixture.path("float64.npy")))
    }

    /// Numbers without a sign, and short floats, become the next type that holds them.
    @Test func otherNumbers() throws {
        func numbers(_ name: String) throws -> (RawArray.Element, [Double]) {
            let array = try ArrayReader.numbers(DataFiles(file(name)))
            return (array.element, (0..<array.elementCount).map(array.value))
        }
        #expect(try numbers("uint16") == (.int32, [0, 1, 65535]))
        #expect(try numbers("uint32") == (.int64, [0, 1, 4_294_967_295]))
        #expect(try numbers("uint64") == (.int64, [0, 1, 0x1p63]))
        #expect(try numbers("float16") == (.float32, [0, 0.5, -2]))
        let error = try #require(ArrayFixture.problem(file("too_large")))
        #expect(error.kind == .value && error.place == .sample(1), "\(error)")
        #expect(error.problem.hasPrefix("9223372036854775808 is beyond"), "\(error)")
    }

    @Test func aSingleDataSetNeedsNoName() throws {
        #expect(
            try ArrayFixture.content(ArrayFixture.path("one.h5"))
                == ArrayFixture.content(ArrayFixture.path("images.npy")))
        let error = try #require(ArrayFixture.problem(ArrayFixture.path("all.h5")))
        #expect(
            error.kind == .format && error.advice.contains("/bool (uint8 [7, 3]), /bytes (text [7])"),
            "\(error)")
        let missing = try #require(ArrayFixture.problem(ArrayFixture.path("one.h5:other")))
        #expect(missing.kind == .missing, "\(missing)")
        #expect(missing.advice == "the file has /group/only (uint8 [6, 4, 3])", "\(missing)")
    }

    @Test func whatIsNotRead() throws {
        #expect(ArrayFixture.problem(file("complex"))?.kind == .format)
        let sparse = try #require(ArrayFixture.problem(file("never_written")))
        #expect(sparse.kind == .format && sparse.problem.contains("ever written"), "\(sparse)")
        let bytes = try ArrayFixture.bytes("all.h5")
        let short = try #require(
            ArrayFixture.problem(folder.write("short.h5", Array(bytes.prefix(bytes.count / 2))) + ":float64"))
        #expect(short.kind == .corrupt && short.problem.contains("truncated"), "\(short)")
    }

    private func recipe(test: Bool = false) -> DataConfiguration.HDF5 {
        DataConfiguration.HDF5(
            train: DataFiles(ArrayFixture.path("all.h5")), inputs: "/float64", targets: "chunked/names",
            test: test ? DataFiles(ArrayFixture.path("all.h5.zst")) : nil,
            testInputs: test ? "/chunked/float64_big" : nil)
    }

    @Test func recipes() throws {
        let data = try OpenedData(.hdf5(recipe(test: true)), cache: folder.cache)
        let plain = try OpenedData(
            .npy(
                .init(
                    trainInputs: ArrayFixture.path("float64.npy"),
                    trainTargets: ArrayFixture.path("names.npy"),
                    testInputs: ArrayFixture.path("float64_big.npy"),
                    testTargets: ArrayFixture.path("names.npy"))), cache: folder.cache)
        #expect(data.fingerprint == plain.fingerprint && data.classNames == ["rose", "tulip", "Ähre"])
        #expect(data.all(.test) == plain.all(.test))
        let constants = try #require(data.constants)
        let test = try #require(
            try OpenedData(testOf: .hdf5(recipe(test: true)), constants: constants, cache: folder.cache))
        #expect(test.all(.test) == data.all(.test))
        let files = try recipe(test: true).files
        #expect(files == [ArrayFixture.path("all.h5"), ArrayFixture.path("all.h5.zst")])
    }

    /// Test inputs whose targets are not named, or are not in the file.
    @Test func testInputsWithoutTargets() throws {
        let constants = try #require(
            try OpenedData(.hdf5(recipe(test: true)), cache: folder.cache).constants)
        func test(_ targets: String?) throws -> OpenedData {
            var recipe = recipe(test: true)
            recipe.testTargets = targets
            return try #require(
                try OpenedData(testOf: .hdf5(recipe), constants: constants, cache: folder.cache))
        }
        let (named, none, absent) = (try test(nil), try test("none"), try test("/labels"))
        #expect(named.hasTargets(.test) && !none.hasTargets(.test) && !absent.hasTargets(.test))
        #expect(named.all(.test).inputs == none.all(.test).inputs)
        #expect(named.warnings.isEmpty && none.warnings.isEmpty)
        #expect(
            absent.warnings.contains {
                $0.contains(
                    "all.h5.zst has no data set /labels (test_targets), so its samples have no targets")
            }, "\(absent.warnings)")
    }

    /// Shards in files of their own.
    @Test func shards() throws {
        for number in 0..<2 {
            try FileManager.default.copyItem(
                atPath: ArrayFixture.path("all.h5"), toPath: folder.path + "/part-\(number).h5")
        }
        var shards = recipe()
        shards.train = DataFiles(folder.path + "/part-{0..1}.h5")
        #expect(try OpenedData(.hdf5(shards), cache: folder.cache).count(.training) == 14)
    }

    @Test func mistakesInRecipes() {
        func problem(_ change: (inout DataConfiguration.HDF5) -> Void) -> String? {
            var recipe = recipe()
            change(&recipe)
            do throws(ComponentError) {
                try DataConfiguration.hdf5(recipe).validate()
                return nil
            } catch {
                return error.path
            }
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.inputs = "" } == "data.hdf5.inputs")
        #expect(problem { $0.testTargets = "y" } == "data.hdf5.test_targets")
        #expect(problem { $0.testTargets = "none" } == nil)
        #expect(problem { $0.train = [] } == "data.hdf5.train")
    }
}
