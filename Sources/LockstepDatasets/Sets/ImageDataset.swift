import LockstepTensors

/// Images with class labels or numeric targets: fields `input` [H, W, C] and `target`. Training images are augmented
/// if the recipe says so.
struct ImageDataset: PreparedDataset {
    let samples: PreparedSamples
    let schema: BatchSchema
    private let augmenters: AugmenterPool?

    init(_ samples: PreparedSamples) {
        self.samples = samples
        schema = samples.schema
        augmenters =
            samples.augmentations.isEmpty
            ? nil : AugmenterPool(samples.augmentations, samples.scaling, shape: samples.sampleShape)
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let (data, number) = samples.place(split, sample)
        if let draws, let augmenters {
            augmenters.write(data, sample: number, draws: draws, to: row.floats(0))
        } else {
            samples.scaling.write(data, number, to: row.floats(0))
        }
        samples.writeTarget(data, number, into: row)
    }
}
