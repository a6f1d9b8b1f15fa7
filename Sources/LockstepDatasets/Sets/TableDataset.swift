/// The rows of a table: fields `input` [numbers and categories], `target`, and `weight` if there is a column of weights. Missing
/// numbers become the training mean.
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
        if samples.hasWeights { row.floats(2)[0] = data.weights?[number] ?? 1 }
    }

    var identifierNames: [String] { samples.identifierNames }

    func identifiers(of sample: Int, in split: DatasetSplit) -> [String] {
        samples.identifiers(of: sample, in: split)
    }
}
