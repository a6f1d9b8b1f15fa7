import LockstepText

/// Messages for a resumed run with no steps left.
extension Trainer {
    /// Why there are no steps left, and how to train longer; nil if there are steps left.
    var completionNote: String? {
        guard let step = restoredStep, let reason = reasonToStop(flags: []) else { return nil }
        let advice: String
        switch reason {
        case .epochs, .maxSteps: advice = "To train longer, resume with \(longerRun(than: step))."
        case .earlyStopping:
            advice =
                "To train longer, resume with a larger early_stopping.patience, or with --set early_stopping=none."
        case .stopAfterStep: advice = "Give a later step, or leave --stop-after-step out."
        case .timeLimit, .signal, .program, .nonFinite: return nil
        }
        return "There are no steps left after step \(grouped(step)): \(reason.words). \(advice)"
    }

    /// The settings that end the run at a step, with larger values.
    private func longerRun(than step: Int) -> String {
        var settings: [String] = []
        if let maxSteps = configuration.maxSteps, maxSteps <= step {
            settings.append("--set max_steps=N, where N is above \(step)")
        }
        if configuration.stepsOfAllEpochs(stepsPerEpoch: data.stepsPerEpoch) <= step {
            settings.append("--set epochs=N, where N is above \(step / data.stepsPerEpoch)")
        }
        return settings.joined(separator: ", and with ")
    }
}
