import Lockstep

/// Seeds of environments: all that the data of this example are.
struct Episodes: Dataset {
    struct Configuration: DataComponent {
        static let name = "episodes"
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("count", \.count, .within(1...1_000_000_000), "episodes of an epoch"),
                .integer("test", \.test, .within(1...1_000_000), "episodes of an evaluation"))
        }
        var count = 3200, test = 100
        let hasValidation = false

        func open(_ request: DatasetRequest) -> any Dataset { Episodes(recipe: self) }
    }

    let recipe: Configuration
    let schema = BatchSchema([BatchField("seed", Shape(), .int32)])
    var fingerprint: String { "episodes 1 \(recipe.count)" }
    var samplesName: String { "episodes" }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: recipe.count
        case .validation: 0
        case .test: recipe.test
        }
    }

    /// In training a new environment in each epoch; without draws always the same one, whose seed is negative.
    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        row.int32s(0)[0] = draws.map { Int32($0.key(sample: sample).bits(0) >> 1) } ?? -1 - Int32(sample)
    }
}
