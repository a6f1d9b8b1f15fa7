import Foundation
import Lockstep

/// Writes what the generator has learned, at the end of a run, into the run directory: `samples.png`, ten images of
/// each class, and `generated-images.idx` and `generated-labels.idx`, which the data `idx` can train with.
final class GeneratedImages: TrainingObserver {
    /// Images during training, for the trackers that keep them.
    func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {
        guard set == .validation, let gan = run.task as? ConditionalGAN else { return }
        try run.track(sheet(run, gan), tag: "samples")
    }

    func end(_ summary: RunSummary, _ run: ObservedRun) throws {
        guard run.rank == 0, let gan = run.task as? ConditionalGAN else { return }
        let directory = URL(fileURLWithPath: run.directory)
        try sheet(run, gan).write(to: directory.appendingPathComponent("samples.png").path)

        let (count, size) = (gan.configuration.images, 28 * 28)
        guard count > 0 else { return }
        let labels = (0..<count).map { Int32($0 % gan.classes) }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(count * size)
        for (block, first) in stride(from: 0, to: count, by: 500).enumerated() {
            let part = try images(
                run, gan, labels: Array(labels[first..<min(first + 500, count)]), block: block + 1)
            pixels += part.floatArray.map { UInt8((127.5 + 127.5 * $0).rounded()) }
        }
        try write(pixels, [count, 28, 28], directory.appendingPathComponent("generated-images.idx"))
        try write(labels.map(UInt8.init), [count], directory.appendingPathComponent("generated-labels.idx"))
    }

    /// Ten images of each class: row by row.
    private func sheet(_ run: ObservedRun, _ gan: ConditionalGAN) throws -> PNGPicture {
        let labels = (0..<gan.classes * 10).map { Int32($0 / 10) }
        return try PNGPicture(grid: images(run, gan, labels: labels, block: 0), range: -1...1, columns: 10)
    }

    /// Images of classes: [labels.count, 28, 28, 1]. Blocks differ in their noise.
    private func images(
        _ run: ObservedRun, _ gan: ConditionalGAN, labels: [Int32], block: Int
    ) throws -> Tensor {
        let noise = Tensor(zeros: Shape(labels.count, gan.configuration.latent))
        RandomKey(
            seed: run.configuration.seed, purpose: .noise, layer: 1 << 32, major: UInt64(block), minor: 0
        )
        .fillNormal(UnsafeMutableBufferPointer(start: noise.floats, count: noise.elementCount))
        return try run.forward { tape in
            let made = gan.generator(tape.constant(noise), labels: Tensor(labels, shape: Shape(labels.count)))
            return Tensor(made.value.floatArray, shape: made.shape)
        }
    }

    /// Writes an IDX file: zeros, the type (8 is a byte), the rank, big-endian extents, and the numbers.
    private func write(_ numbers: [UInt8], _ extents: [Int], _ file: URL) throws {
        var data = Data([0, 0, 8, UInt8(extents.count)])
        for extent in extents {
            withUnsafeBytes(of: UInt32(extent).bigEndian) { data.append(contentsOf: $0) }
        }
        try (data + numbers).write(to: file, options: .atomic)
    }
}
