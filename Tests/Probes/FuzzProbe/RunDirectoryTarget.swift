import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepFaults
import LockstepInference
import LockstepTraining

/// A run directory with a damaged file: it is inspected, reported on, evaluated and resumed.
struct RunDirectoryTarget: FuzzTarget {
    let name = "run"
    private let original: String

    /// A run with one changed file.
    struct Placed {
        /// Whether the manifest has a checksum for the file.
        var isSealable: Bool
    }

    private static let checkpoint = "checkpoints/step-00000002"
    static let text = """
        model: {mlp: {hidden: [4], batch_norm: true}}
        data: {csv: {train: @, target: a, categorical: [c], validation: 0.3}}
        batch: 4
        shards: 2
        max_steps: 2
        evaluate: {every_steps: 1}
        early_stopping: {metric: validation_loss, patience: 5}
        checkpoint: {every_steps: 2, keep_best: true}
        optimizer: adam
        log_every_steps: 1
        """
    private static let files = [
        "\(checkpoint)/state.json", "\(checkpoint)/state.json", "\(checkpoint)/manifest.json",
        "\(checkpoint)/model.safetensors", "\(checkpoint)/optimizer.safetensors", "metrics.jsonl",
        "config.yaml",
        "heartbeats/rank-00000", "heartbeats/fault.json", "summary.json", "train.log",
    ]

    /// - Parameter folder: the folder for an undamaged run.
    init(in folder: String) throws {
        original = folder
        try Data(RunFileDraws.file).write(to: URL(fileURLWithPath: folder + "/file"))
        try TrainingTarget.train(Self.text, in: folder)
        guard FileManager.default.fileExists(atPath: "\(folder)/run/\(Self.checkpoint)/manifest.json") else {
            throw FuzzFinding(description: "the run that is to be damaged has no checkpoint")
        }
    }

    func input(_ draws: inout FuzzDraws) -> [UInt8] {
        let name = draws.pick(Self.files)
        var bytes = contents(name)
        ByteMutation.apply(to: &bytes, &draws)
        return TextAndFile(text: name, file: bytes).bytes
    }

    private func contents(_ name: String) -> [UInt8] {
        Array(FileManager.default.contents(atPath: "\(original)/run/\(name)") ?? Data())
    }

    func run(_ input: [UInt8], in folder: String) throws {
        guard let place = try place(TextAndFile(input), in: folder) else { return }
        use(folder)
        // The checksums detect nearly all damage; with a new manifest the code behind them reads the damaged file, too.
        guard place.isSealable else { return }
        try? seal(in: folder)
        use(folder)
    }

    /// Puts a run with one changed file into a folder, beside its data and its run file.
    /// - Returns: nil where the input is not one of a run.
    func place(_ parts: TextAndFile, in folder: String) throws -> Placed? {
        guard Self.files.contains(parts.text) else { return nil }
        for name in ["run", "file"] {
            try FileManager.default.copyItem(atPath: "\(original)/\(name)", toPath: "\(folder)/\(name)")
        }
        try Data(Self.text.replacing("@", with: folder + "/file").utf8).write(
            to: URL(fileURLWithPath: folder + "/run.yaml"))
        try Data(parts.file).write(to: URL(fileURLWithPath: "\(folder)/run/\(parts.text)"))
        return Placed(
            isSealable: parts.text.hasPrefix(Self.checkpoint) && !parts.text.hasSuffix("manifest.json"))
    }

    /// Rewrites the manifest for the changed files.
    func seal(in folder: String) throws { try Checkpoint.seal("\(folder)/run/\(Self.checkpoint)") }

    private func use(_ folder: String) {
        let run = folder + "/run"
        for place in [run, "\(run)/\(Self.checkpoint)"] {
            for verify in [false, true] { _ = try? CheckpointReport(place, verify: verify) }
        }
        if let report = try? FaultReport(run: run) { _ = report.json + report.text(withErrors: true) }
        if let model = try? TrainedModel(communicator: Communicator(), path: run) {
            for part in DatasetPart.allCases { _ = try? model.evaluate(part).text }
            _ = try? model.predict(.training, to: folder + "/out.csv")
        }
        _ = try? TrainingTarget.train(
            "\(RunFileText.mark)max_steps=3\n" + Self.text, in: folder, resume: true)
    }
}
