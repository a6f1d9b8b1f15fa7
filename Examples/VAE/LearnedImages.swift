import Foundation
import Lockstep

/// Writes what the autoencoder has learned, at the end of a run, into the run directory: `reconstructions.png`, test
/// images above what becomes of them, and `samples.png`, images of random latent variables.
final class LearnedImages: TrainingObserver {
    func end(_ summary: RunSummary, _ run: ObservedRun) throws {
        guard run.rank == 0, let task = run.task as? VAE else { return }
        let directory = URL(fileURLWithPath: run.directory)
        let split = EvaluationSplit(run.dataset, .test)
        let images = split.block(0..<min(20, split.count))[0]
        try write(run, "reconstructions.png", in: directory) { tape in
            let real = tape.constant(images)
            return concatenate(real / 255, task.reconstructions(real), axis: 0)
        }
        try write(run, "samples.png", in: directory) { tape in
            sigmoid(task.decoder(normalNoise(Shape(100, task.latent), layer: 0, on: tape)))
        }
    }

    /// Writes images [n, 28, 28, 1] from 0 to 1.
    private func write(
        _ run: ObservedRun, _ name: String, in directory: URL, _ body: (Tape) -> Variable
    ) throws {
        let picture = try run.forward { PNGPicture(grid: body($0).value, columns: 10) }
        try picture.write(to: directory.appendingPathComponent(name).path)
    }
}
