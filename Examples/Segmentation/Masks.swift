import Lockstep

/// Writes `masks.png` into the run directory at the end of a run: test images, their garments, and the predicted garments.
final class Masks: TrainingObserver {
    func end(_ summary: RunSummary, _ run: ObservedRun) throws {
        guard run.rank == 0, let task = run.task as? Segmentation else { return }
        let picture = try picture(of: .test, run, task)
        try picture.write(to: run.directory + "/masks.png")
        try run.track(picture, tag: "test/masks")
    }

    /// Masks during training, for the trackers that keep images.
    func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {
        guard set == .validation, let task = run.task as? Segmentation else { return }
        try run.track(picture(of: set, run, task), tag: "validation/masks")
    }

    private func picture(of set: DatasetSplit, _ run: ObservedRun, _ task: Segmentation) throws -> PNGPicture
    {
        let samples = EvaluationSplit(run.dataset, set).block(0..<min(8, run.dataset.count(of: set)))
        let shape = samples[task.image].shape
        let found = try run.forward { task.labels(task.logits($0.constant(samples[task.image]))) }
        let actual = found.indices.map { samples[task.target].int32s[$0] }
        let masks = (actual + found).map { Float($0) / Float(task.classes - 1) }
        let all = Tensor(
            samples[task.image].floatArray + masks, shape: Shape(3 * shape[0], shape[1], shape[2], shape[3]))
        return PNGPicture(grid: all, columns: shape[0])
    }
}
