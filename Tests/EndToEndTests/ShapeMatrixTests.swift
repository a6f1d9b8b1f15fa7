import Foundation
import Testing

/// Every combination of a shape of data and a model trains, or is refused before training with status 2 and one message.
@Suite(.serialized) struct ShapeMatrixTests {
    private static let count = 64
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ name: String, _ data: Data) throws -> String {
        let path = directory.path(name)
        try data.write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Inputs of a shape of samples, and targets: classes 0 ..< K, or rows of numbers.
    private func arrays(
        _ sample: [Int], _ element: NPYFile.Element = .float32, classes: Int? = 3, columns: Int? = nil
    ) throws -> String {
        let inputs = try write(
            "inputs.npy",
            NPYFile.data(element, shape: [Self.count] + sample) { Double(($0 * 37 + $0 / 7) % 200) })
        let targets = try write(
            "targets.npy",
            classes.map { classes in
                NPYFile.data(.int64, shape: [Self.count]) { Double($0 * 7 % classes) }
            }
                ?? NPYFile.data(.float64, shape: [Self.count] + (columns.map { [$0] } ?? [])) {
                    Double($0 % 11) * 0.3
                })
        return "train_inputs: \(inputs), train_targets: \(targets), validation: 0.25"
            + (classes == nil ? ", task: regression" : "")
    }

    private func expect(
        trains: Bool, _ model: String, _ data: String, extra: String = "", ranks: Int = 1,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let file = try directory.write(
            "run.yaml",
            """
            model: \(model)
            data: \(data)
            batch: 16
            shards: 2
            max_steps: 2
            optimizer: {sgd: {learning_rate: 0.001}}
            \(extra)

            """)
        let run = directory.path("run")
        try? FileManager.default.removeItem(atPath: run)
        let result = try CommandRunner.lockstep(ranks: ranks, ["train", file, "--run-dir", run], timeout: 60)
        let what: Comment = "\(model) \(data) \(extra): \(result.status) \(result.tail)"
        #expect(result.status == (trains ? 0 : 2) && !result.timedOut, what, sourceLocation: location)
        let said = result.output.split(separator: "\n").count { $0.hasPrefix("lockstep: ") }
        #expect(said == (trains ? 0 : 1), what, sourceLocation: location)
    }

    @Test(arguments: ShapeMatrix.networks) func shapes(_ network: ShapeMatrix.Network) throws {
        for sample in ShapeMatrix.samples {
            try expect(
                trains: ShapeMatrix.fits(network, sample), network.yaml, "{npy: {\(try arrays(sample))}}")
        }
    }

    @Test(arguments: ShapeMatrix.networks) func tablesAndTexts(_ network: ShapeMatrix.Network) throws {
        let lines = (0..<Self.count).map { "\($0 % 9).5,\($0 % 7),\($0 % 3)" }
        let table = try directory.write("t.csv", "a,b,y\n" + lines.joined(separator: "\n") + "\n")
        try expect(
            trains: network.takes == .numbers, network.yaml,
            "{csv: {train: \(table), target: y, validation: 0.25}}")
        let text = try directory.write("t.txt", String(repeating: "In the beginning ", count: 60))
        try expect(
            trains: network.takes == .text, network.yaml,
            "{text: {path: \(text), context: 8, validation: 0.25}}")
    }

    @Test func targetsTypesAndAugmentation() throws {
        let (mlp, cnn) = (ShapeMatrix.networks[2].yaml, ShapeMatrix.networks[3].yaml)
        for (model, sample) in [(mlp, [4, 3]), (mlp, [1, 6]), (cnn, [8, 8, 3])] {
            for element in NPYFile.Element.allCases {
                try expect(trains: true, model, "{npy: {\(try arrays(sample, element))}}")
            }
            for classes in [1, 2] {
                try expect(trains: true, model, "{npy: {\(try arrays(sample, classes: classes))}}")
            }
            for columns in [nil, 1, 3] {
                try expect(
                    trains: true, model, "{npy: {\(try arrays(sample, classes: nil, columns: columns))}}")
            }
            try expect(
                trains: sample.count == 3, model,
                "{npy: {\(try arrays(sample)), augment: [{random_crop: {padding: 9}}, {cutout: {size: 20}}]}}"
            )
        }
        // Images of one channel without a dimension for it, with and without the word for it.
        let grey = try arrays([8, 8])
        try expect(trains: false, cnn, "{npy: {\(grey)}}")
        try expect(trains: true, cnn, "{npy: {\(grey), layout: grey}}")
        try expect(trains: true, mlp, "{npy: {\(grey), layout: grey}}")
    }

    @Test(.enabled(if: CommandRunner.runsAll), arguments: ShapeMatrix.networks) func everything(
        _ network: ShapeMatrix.Network
    ) throws {
        for sample in ShapeMatrix.samples {
            let fits = ShapeMatrix.fits(network, sample)
            for element in NPYFile.Element.allCases {
                for columns in [nil, 3] {
                    try expect(
                        trains: fits, network.yaml,
                        "{npy: {\(try arrays(sample, element, classes: columns == nil ? 2 : nil, columns: columns))}}",
                        ranks: element == .uint8 ? 2 : 1)
                }
            }
        }
    }

    /// What the data cause is not the program's mistake, also where the model is its own.
    @Test func aModelOfAProgramsOwn() throws {
        let program = CommandRunner.productsDirectory.appendingPathComponent("CustomModel").path
        for (sample, status) in [([6], Int32(0)), ([4, 3], 2), ([2, 3, 4, 2], 2)] {
            let file = try directory.write(
                "run.yaml",
                """
                model: {mlp: {hidden: [8]}}
                data: {npy: {\(try arrays(sample))}}
                batch: 16
                shards: 2
                max_steps: 2
                optimizer: {sgd: {learning_rate: 0.001}}

                """)
            let run = directory.path("own")
            try? FileManager.default.removeItem(atPath: run)
            let result = try CommandRunner.run(program, [file, "--run-dir", run], timeout: 60)
            #expect(result.status == status && !result.timedOut, "\(result.status): \(result.tail)")
            guard status == 2 else { continue }
            #expect(
                result.output.contains(
                    "CustomModel: The model does not fit the data, whose samples have the shape \(sample): linear in hidden: x [1, "
                ), "\(result.output)")
        }
    }
}
