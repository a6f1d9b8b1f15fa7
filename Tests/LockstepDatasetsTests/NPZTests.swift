import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// NPZ files give the bits that NPY files give.
@Suite struct NPZTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    @Test(arguments: ["stored.npz", "deflated.npz"]) func bitsOfNPY(_ file: String) throws {
        for name in ArrayFixture.numbers {
            let wanted = try ArrayFixture.content(ArrayFixture.path("\(name).npy"))
            #expect(try ArrayFixture.content(ArrayFixture.path("\(file):\(name)")) == wanted, "\(name)")
            #expect(try ArrayFixture.content(ArrayFixture.path("\(file):\(name).npy")) == wanted, "\(name)")
        }
        for name in ["names", "bytes"] {
            #expect(try ArrayFixture.texts(ArrayFixture.path("\(file):\(name)")) == ArrayFixture.labels)
        }
    }

    /// Integers without a sign, and short floats, become the next type that holds them, as in HDF5.
    @Test(arguments: ["uint16", "uint32", "uint64", "float16"]) func widenedNumbers(_ name: String) throws {
        let wanted = try ArrayFixture.content(ArrayFixture.path("all.h5:\(name)"))
        #expect(try ArrayFixture.content(ArrayFixture.path("\(name).npy")) == wanted)
        #expect(try ArrayFixture.content(ArrayFixture.path("\(name)_big.npy")) == wanted)
    }

    /// Subnormal, largest and infinite numbers, in Fortran order.
    @Test func halfPrecision() throws {
        #expect(
            try ArrayFixture.content(ArrayFixture.path("halves.npy"))
                == ArrayFixture.content(ArrayFixture.path("halves_float32.npy")))
    }

    @Test(arguments: ["too_large.npy", "too_large_big.npy"]) func unsignedNumbersThatAreTooLarge(
        _ name: String
    ) throws {
        let error = try #require(ArrayFixture.problem(ArrayFixture.path(name)))
        #expect(error.kind == .value && error.place == .sample(1), "\(error)")
        #expect(error.problem.hasPrefix("9223372036854775808 is beyond"), "\(error)")
    }

    @Test func aSingleArrayNeedsNoName() throws {
        #expect(
            try ArrayFixture.content(ArrayFixture.path("one.npz"))
                == ArrayFixture.content(ArrayFixture.path("images.npy")))
        let error = try #require(ArrayFixture.problem(ArrayFixture.path("stored.npz")))
        #expect(error.kind == .format && error.problem == "it has 16 arrays", "\(error)")
        #expect(
            error.advice.contains("uint8 (|u1 [7, 3]), int8 (|i1 [7, 3]), int16 (<i2 [7, 3])"), "\(error)")
        #expect(error.advice.contains("and 4 more"), "\(error)")
    }

    @Test func namesThatAreNotThere() throws {
        let missing = try #require(ArrayFixture.problem(ArrayFixture.path("one.npz:other")))
        #expect(missing.kind == .missing && missing.advice.contains("only (|u1 [6, 4, 3])"), "\(missing)")
        let plain = try #require(ArrayFixture.problem(ArrayFixture.path("int8.npy:x")))
        #expect(plain.kind == .format && plain.advice == "leave the name out", "\(plain)")
        let table = try folder.write("table.csv", "a,b\n1,2\n")
        let other = try #require(ArrayFixture.problem(table + ":x"))
        #expect(other.problem == "not an HDF5 or NPZ file, so it has no array x", "\(other)")
        let none = try #require(ArrayFixture.problem(folder.path + "/none.npz:x"))
        #expect(none.kind == .missing && none.file == folder.path + "/none.npz:x", "\(none)")
    }

    /// A recipe of arrays in one file trains on them.
    @Test func recipe() throws {
        func open(_ inputs: String, _ targets: String) throws -> OpenedData {
            try OpenedData(
                .npy(
                    .init(
                        trainInputs: ArrayFixture.path(inputs), trainTargets: ArrayFixture.path(targets),
                        testInputs: ArrayFixture.path(inputs), testTargets: ArrayFixture.path(targets))),
                cache: folder.cache)
        }
        let data = try open("deflated.npz:float64", "deflated.npz:names")
        #expect(data.classNames == ["rose", "tulip", "Ähre"] && data.classCounts == [3, 3, 1])
        #expect(data.all(.training).targets == [1, 0, 1, 2, 0, 1, 0])
        let plain = try open("float64.npy", "bytes.npy")
        #expect(plain.all(.training) == data.all(.training) && plain.fingerprint == data.fingerprint)
        let recipe = DataConfiguration.npy(
            .init(
                trainInputs: ArrayFixture.path("one.npz"), trainTargets: ArrayFixture.path("stored.npz:names")
            ))
        #expect(
            try DataConfiguration.NPY.keys.effective(
                .init(trainInputs: "a.npz:x", trainTargets: "a.npz:y")
            ).yaml.contains("train_inputs: \"a.npz:x\""))
        guard case .npy(let arrays) = recipe else { return }
        #expect(try arrays.files == [ArrayFixture.path("one.npz"), ArrayFixture.path("stored.npz")])
    }

    @Test func damage() throws {
        let whole = try ArrayFixture.bytes("stored.npz")
        func problem(_ change: (inout [UInt8]) -> Void) throws -> DatasetError {
            var bytes = whole
            change(&bytes)
            return try #require(ArrayFixture.problem(folder.write("x.npz", bytes) + ":uint8"))
        }
        #expect(try problem { $0.removeLast(30) }.kind == .truncated)
        // The first member's data.
        #expect(try problem { $0[170] ^= 1 }.kind == .corrupt)
        // Its name in the directory, which is then that of another one.
        let directory = try #require(
            whole.indices.last { Array(whole[$0...].prefix(4)) == [0x50, 0x4B, 1, 2] })
        #expect(
            try problem {
                $0[directory + 2] = 0
                $0[directory] = 0
            }.kind == .corrupt)
        #expect(try problem { $0.removeFirst(10) }.kind == .format)
    }
}
