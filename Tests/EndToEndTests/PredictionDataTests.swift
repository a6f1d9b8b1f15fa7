import Foundation
import Testing

/// `lockstep predict` on inputs other than those of the run file, with and without their targets.
@Suite(.serialized) struct PredictionDataTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func train(_ data: String) throws -> String {
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [4]}}
            data: \(data)
            batch: 5
            max_steps: 2
            optimizer: {adam: {learning_rate: 0.02}}
            """)
        let result = try command(["train", file, "--run-dir", directory.path("run")])
        #expect(result.status == 0, "\(result.tail)")
        return directory.path("run")
    }

    private func command(_ arguments: [String]) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: 1, arguments, environment: ["XDG_CACHE_HOME": directory.path("cache")], timeout: 60)
    }

    /// The header and the number of samples of predictions, and everything else that is printed.
    private func predict(
        _ run: String, _ changes: String...
    ) throws -> (header: String, samples: Int, output: String) {
        let path = directory.path("predictions.csv")
        let result = try command(
            ["predict", run, "--output", path] + changes.flatMap { ["--set", $0] })
        #expect(result.status == 0, "\(changes): \(result.output)")
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        return (String(lines.first ?? ""), lines.count - 1, result.output)
    }

    private static let labeled = "sample,target,prediction,probability 0,probability 1,probability 2"
    private static let unlabeled = "sample,prediction,probability 0,probability 1,probability 2"

    /// Targets in the run file belong to the inputs in the run file, whether or not there are as many of them.
    @Test func arrays() throws {
        func write(_ name: String, _ shape: [Int]) throws -> String {
            let path = directory.path(name)
            try NPYFile.data(.uint8, shape: shape) { Double(($0 * 7) % 3) }
                .write(to: URL(fileURLWithPath: path))
            return path
        }
        let (x, y, few) = (
            try write("x.npy", [20, 2]), try write("y.npy", [20]), try write("few.npy", [3, 2])
        )
        let run = try train(
            "{npy: {train_inputs: \(x), train_targets: \(y), test_inputs: \(x), test_targets: \(y)}}")
        #expect(try predict(run).header == Self.labeled)
        let same = try predict(run, "data.npy.test_inputs=\(x)")
        #expect(same.header == Self.unlabeled && same.samples == 20)
        #expect(
            same.output.contains(
                "note: --set names other test inputs without their targets (data.npy.test_targets), so"))
        let other = try predict(run, "data.npy.test_inputs=\(few)")
        #expect(other.header == Self.unlabeled && other.samples == 3)
        let both = try predict(run, "data.npy.test_inputs=\(x)", "data.npy.test_targets=\(y)")
        #expect(both.header == Self.labeled && !both.output.contains("note:"))
        // An evaluation needs targets: those of the run file.
        let evaluated = try command(["evaluate", run, "--set", "data.npy.test_inputs=\(x)"])
        #expect(evaluated.status == 0, "\(evaluated.output)")
        #expect(
            evaluated.output.contains(
                "warning: --set names other test inputs, but the targets remain those of the run file (data.npy.test_targets)"
            ), "\(evaluated.output)")
        let own = try command(["evaluate", run])
        #expect(!own.output.contains("warning:"), "\(own.output)")
    }

    /// Data sets without targets in other files, and in the same file as those with targets.
    @Test func dataSets() throws {
        let arrays = CommandRunner.repository.appendingPathComponent("Tests/Fixtures/arrays").path
        let file = "\(arrays)/rows.h5"
        let run = try train(
            "{hdf5: {train: \(file), inputs: /bytes, targets: /labels, test: \(file), test_targets: labels}}")
        #expect(try predict(run).header == Self.labeled)
        for changes in [
            ("data.hdf5.test=\(arrays)/one.h5", "data.hdf5.test_inputs=/group/only", 6),
            ("data.hdf5.test=\(file)", "data.hdf5.test_inputs=/bytes", 23),
            ("data.hdf5.test=\(file)", "data.hdf5.test_targets=none", 23),
            ("data.hdf5.test=\(arrays)/all.h5", "data.hdf5.test_inputs=chunked/images", 6),
        ] {
            let result = try predict(run, changes.0, changes.1)
            #expect(result.header == Self.unlabeled && result.samples == changes.2, "\(changes)")
            #expect(result.output.contains("so the predictions have no target column"))
        }
        let named = try predict(run, "data.hdf5.test_inputs=/bytes", "data.hdf5.test_targets=/labels")
        #expect(named.header == Self.labeled)
        let mistake = try command(["evaluate", run, "--set", "data.hdf5.test_targets=/label"])
        #expect(
            mistake.status == 2 && mistake.output.contains("has no data set /label (test_targets)"),
            "\(mistake.output)")
    }
}
