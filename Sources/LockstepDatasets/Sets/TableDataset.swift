/// The rows of a table: fields `input` [numbers and categories] and `target`. Missing numbers become the training mean.
struct TableDataset: PreparedDataset {
    let samples: PreparedSamples
    let schema: BatchSchema

    init(_ samples: PreparedSamples) {
        self.samples = samples
        schema = samples.schema
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let (data, number) = samples.place(split, sample)
        let inputs = row.floats(0)
        samples.scaling.write(data, number, to: inputs)
        if data.hasMissing {
            for element in 0..<data.sampleShape.elementCount where inputs[element].isNaN {
                inputs[element] = samples.scaling.missing[element]
            }
        }
        samples.writeTarget(data, number, into: row)
    }
}
