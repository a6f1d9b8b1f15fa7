import Lockstep

/// Writes `masks.png` into the run directory at the end of a run: test images, their garments, and the predicted garments.
final class Masks: TrainingObserver {
    func end(_ summary: RunSummary, _ run: ObservedRun) throws {
        guard run.rank == 0, let task = run.task as? Segmentation else { return }
        let samples = EvaluationSplit(run.dataset, .test).block(0..<min(8, run.dataset.count(of: .test)))
        let shape = samples[task.image].shape
        let found = try run.forward { task.labels(task.logits($0.constant(samples[task.image]))) }
        let actual = found.indices.map { samples[task.target].int32s[$0] }
        let masks = (actual + found).map { Float($0) / Float(task.classes - 1) }
        let all = Tensor(
            samples[task.image].floatArray + masks, shape: Shape(3 * shape[0], shape[1], shape[2], shape[3]))
        try PNGPicture(grid: all, columns: shape[0]).write(to: run.directory + "/masks.png")
    }
}
