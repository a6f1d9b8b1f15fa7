import LockstepConfiguration
import LockstepDatasets
import LockstepReaders
import LockstepTensors
import Testing

/// Several labels for each sample.
@Suite struct MultiLabelTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func open(_ type: String, _ bytes: [UInt8]) throws -> any Dataset {
        let inputs = [Float]([0, 1, 2, 3, 5, 8]).withUnsafeBytes { Array($0) }
        return try DataConfiguration.npy(
            .init(
                trainInputs: try folder.npy("x.npy", "<f4", "(3, 2)", inputs),
                trainTargets: try folder.npy("y.npy", type, "(3, 4)", bytes), task: .multiLabel)
        ).open(DatasetRequest(cache: folder.cache))
    }

    private let labels: [UInt8] = [0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1]

    @Test func labelsStayZerosAndOnes() throws {
        let floats = labels.map(Float.init).withUnsafeBytes { Array($0) }
        for (type, bytes) in [("|u1", labels), ("<f4", floats)] {
            let data = try open(type, bytes)
            let target = data.schema.fields[1]
            #expect(target.shape == Shape(4) && target.type == .float32 && target.classes == 2)
            #expect(target.classNames == ["0", "1", "2", "3"] && target.units.isEmpty)
            #expect(data.classCounts.isEmpty)
            #expect(EvaluationSplit(data, .training).block(0..<3)[1].floatArray == labels.map(Float.init))
            let stored = data.constants
            let again = try DataConfiguration.npy(.init(trainInputs: "", trainTargets: "")).schema(of: stored)
            #expect(again == data.schema)
        }
    }

    @Test func otherNumbersAreRefused() throws {
        var wrong = labels
        wrong[6] = 2
        let error = #expect(throws: DatasetError.self) { try open("|u1", wrong) }
        #expect(error?.description.contains("y.npy, sample 1") == true, "\(error?.description ?? "")")
        #expect(error?.problem == "2.0 in column 2 is neither 0 nor 1")
        #expect(throws: ComponentError.self) {
            try DataConfiguration.csv(.init(train: "t.csv", target: "y", task: .multiLabel)).open()
        }
    }
}
