/// Arrays of numbers with class labels or numeric targets: fields `input` [shape of a sample] and `target`.
struct ArrayDataset: PreparedDataset {
    let samples: PreparedSamples
    let schema: BatchSchema

    init(_ samples: PreparedSamples) {
        self.samples = samples
        schema = samples.schema
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let (data, number) = samples.place(split, sample)
        samples.scaling.write(data, number, to: row.floats(0))
        samples.writeTarget(data, number, into: row)
    }
}
