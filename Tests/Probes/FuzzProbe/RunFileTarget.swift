import Foundation
import LockstepExperiment
import LockstepTraining

/// Run files and overrides: an accepted configuration must read back from its `config.yaml` unchanged.
struct RunFileTarget: FuzzTarget {
    let name = "run-file"
    private let source: RunFileDraws

    init() throws { source = try RunFileDraws() }

    func input(_ draws: inout FuzzDraws) -> [UInt8] {
        var text = source.text(&draws)
        if draws.percent(50) {
            text =
                (0..<draws.count(upTo: 4)).map { _ in "\(RunFileText.mark)\(source.override(&draws))\n" }
                .joined() + text
        }
        return Array(text.utf8)
    }

    func run(_ input: [UInt8], in folder: String) throws {
        let file = RunFileText(String(decoding: input, as: UTF8.self))
        let configuration: TrainingConfiguration
        do {
            configuration = try RunFile(yaml: file.text, file: "run.yaml", overrides: file.overrides)
                .configuration
        } catch {
            try check("\(error)")
            throw error
        }
        let text = try configuration.yaml()
        let again: TrainingConfiguration
        do {
            again = try RunFile(yaml: text).configuration
        } catch {
            throw FuzzFinding(description: "its own config.yaml is refused: \(error)")
        }
        guard again == configuration else {
            throw FuzzFinding(description: "config.yaml says something else")
        }
        _ = try configuration.resolved(ranks: 2)
        for step in [0, 1, 2, 1000, .max - 1] {
            let rate = configuration.schedule.learningRate(
                step: step, totalSteps: .max, base: configuration.optimizer.learningRate)
            guard rate.isFinite else {
                throw FuzzFinding(description: "the learning rate of step \(step) is \(rate)")
            }
        }
    }

    /// Control characters in a message could change the state of a terminal.
    private func check(_ message: String) throws {
        let isText = message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" }
        guard isText, !message.isEmpty, message.utf8.count < 20_000 else {
            throw FuzzFinding(
                description: "a message that cannot be shown: \(message.debugDescription.prefix(500))")
        }
    }
}

/// A run file whose first lines are overrides, as comments.
struct RunFileText {
    static let mark = "#--set "
    let text: String
    let overrides: [String]

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        overrides = lines.prefix { $0.hasPrefix(Self.mark) }.map { String($0.dropFirst(Self.mark.count)) }
        self.text = lines.dropFirst(overrides.count).joined(separator: "\n")
    }
}
