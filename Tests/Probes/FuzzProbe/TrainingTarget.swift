import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepTraining

/// Complete runs of a few steps with extreme values: each trains or is refused.
struct TrainingTarget: FuzzTarget {
    let name = "training"
    let seconds: UInt32 = 60
    private let source: RunFileDraws

    init() throws { source = try RunFileDraws() }

    func input(_ draws: inout FuzzDraws) -> [UInt8] {
        let entries = draws.pick(RunFileDraws.bases)
        var lines = (0..<draws.count(upTo: 3)).map { _ in "\(RunFileText.mark)\(source.override(&draws))" }
        lines += entries.map { "\($0.0): \($0.1)" }
        return TextAndFile(text: lines.joined(separator: "\n"), file: RunFileDraws.file).bytes
    }

    func run(_ input: [UInt8], in folder: String) throws {
        let parts = TextAndFile(input)
        try Data(parts.file).write(to: URL(fileURLWithPath: folder + "/file"))
        try Self.train(parts.text, in: folder)
    }

    /// Trains the run file in `text`, with `@` replaced by the case's file; ends after two steps.
    static func train(_ text: String, in folder: String, resume: Bool = false) throws {
        let file = RunFileText(text.replacing("@", with: folder + "/file"))
        _ = try TrainingRun(
            communicator: Communicator(),
            runFile: RunFile(yaml: file.text, file: "run.yaml", overrides: file.overrides),
            recipe: "fuzz",
            options: .init(
                runDirectory: folder + "/run", resume: resume, limits: .init(stopAfterStep: resume ? nil : 2))
        ).run()
    }
}
