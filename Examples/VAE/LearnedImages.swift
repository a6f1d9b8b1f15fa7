import Lockstep

/// Writes what the autoencoder has learned, at the end of a run, into the run directory: `reconstructions.png`, test
/// images above what becomes of them, and `samples.png`, images of random latent variables.
final class LearnedImages: TrainingObserver {
    func end(_ summary: RunSummary, _ run: ObservedRun) throws {
        guard run.rank == 0, let task = run.task as? VAE else { return }
        let picture = try reconstructions(of: .test, run, task)
        try picture.write(to: run.directory + "/reconstructions.png")
        try run.track(picture, tag: "test/reconstructions")
        try samples(run, task).write(to: run.directory + "/samples.png")
    }

    /// The same during training, for the trackers that keep images.
    func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {
        guard set == .validation, let task = run.task as? VAE else { return }
        try run.track(reconstructions(of: set, run, task), tag: "validation/reconstructions")
        try run.track(samples(run, task), tag: "samples")
    }

    /// Images of a set above what becomes of them.
    private func reconstructions(of set: DatasetSplit, _ run: ObservedRun, _ task: VAE) throws -> PNGPicture {
        let split = EvaluationSplit(run.dataset, set)
        let images = split.block(0..<min(20, split.count))[0]
        return try run.forward { tape in
            let real = tape.constant(images)
            let all = concatenate(real / 255, task.reconstructions(real), axis: 0)
            return PNGPicture(grid: all.value, columns: 10)
        }
    }

    /// Images of random latent variables.
    private func samples(_ run: ObservedRun, _ task: VAE) throws -> PNGPicture {
        try run.forward { tape in
            let noise = normalNoise(Shape(100, task.latent), layer: 0, on: tape)
            return PNGPicture(grid: sigmoid(task.decoder(noise)).value, columns: 10)
        }
    }
}
