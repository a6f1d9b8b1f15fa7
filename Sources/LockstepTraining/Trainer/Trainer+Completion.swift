import LockstepText

/// What is told of a resumed run that has no step left.
extension Trainer {
    /// Why no step is made, and how to train on; nil where there are steps to make.
    var completionNote: String? {
        guard let step = restoredStep, let reason = reasonToStop(flags: []) else { return nil }
        let advice: String
        switch reason {
        case .epochs, .maxSteps: advice = "To train on, resume with \(longerRun(than: step))."
        case .earlyStopping:
            advice =
                "To train on, resume with a larger early_stopping.patience, or --set early_stopping=none."
        case .stopAfterStep: advice = "Give a later step, or leave --stop-after-step out."
        case .timeLimit, .signal, .program, .nonFinite: return nil
        }
        return "No step is left to train after step \(grouped(step)): \(reason.words). \(advice)"
    }

    /// The settings with which there are steps after one: what ends the run there.
    private func longerRun(than step: Int) -> String {
        var settings: [String] = []
        if let maxSteps = configuration.maxSteps, maxSteps <= step {
            settings.append("--set max_steps=N, N above \(step)")
        }
        if configuration.stepsOfAllEpochs(stepsPerEpoch: data.stepsPerEpoch) <= step {
            settings.append("--set epochs=N, N above \(step / data.stepsPerEpoch)")
        }
        return settings.joined(separator: ", and with ")
    }
}
