import Foundation
import Lockstep

/// Pairs of views of hidden vectors, made from a seed: left and right see the same vector through two different fixed random
/// maps, tanh(B tanh(A z)), each with its own noise.
struct TwoViews: Dataset {
    struct Configuration: DataComponent {
        static let name = "two_views"
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("pairs", \.pairs, .within(1...100_000_000), "pairs to train with"),
                .integer("test_pairs", \.testPairs, .within(1...100_000), "pairs to test with"),
                .integer("hidden", \.hidden, .within(1...1024), "numbers of a hidden vector"),
                .integer("width", \.width, .within(1...4096), "numbers of a view"),
                .number("noise", \.noise, .within(0...100), "deviation of the noise of a view"),
                .seed("seed", \.seed, "source of the maps, the vectors and the noise"))
        }
        var pairs = 20_000, testPairs = 500, hidden = 8, width = 32, noise = 0.05, seed: UInt64 = 0
        let hasValidation = false

        func open(_ request: DatasetRequest) -> any Dataset { TwoViews(self) }
    }

    let schema: BatchSchema
    private let recipe: Configuration
    /// Of each view A [width, hidden] and B [width, width], row-major.
    private let maps: [(a: [Float], b: [Float])]

    init(_ recipe: Configuration) {
        self.recipe = recipe
        let shape = Shape(recipe.width)
        schema = BatchSchema([BatchField("left", shape), BatchField("right", shape)])
        func matrix(_ number: UInt64, columns: Int) -> [Float] {
            let key = RandomKey(seed: recipe.seed, purpose: .synthetic, layer: number)
            let scale = 1.5 / Float(columns).squareRoot()
            return (0..<recipe.width * columns).map { scale * key.normal(UInt64($0)) }
        }
        maps = [UInt64(0), 2].map {
            (matrix($0, columns: recipe.hidden), matrix($0 + 1, columns: recipe.width))
        }
    }

    var fingerprint: String { "two_views 1 \(recipe)" }
    var samplesName: String { "pairs" }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: recipe.pairs
        case .validation: 0
        case .test: recipe.testPairs
        }
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let key = RandomKey(
            seed: recipe.seed, purpose: .synthetic, layer: split == .test ? 5 : 4, minor: UInt64(sample))
        let hidden = (0..<recipe.hidden).map { key.normal(UInt64($0)) }
        func product(_ matrix: [Float], _ x: [Float]) -> [Float] {
            (0..<recipe.width).map { i in
                tanh(x.indices.reduce(Float(0)) { $0 + matrix[i * x.count + $1] * x[$1] })
            }
        }
        for (field, map) in maps.enumerated() {
            let view = product(map.b, product(map.a, hidden))
            let first = recipe.hidden + field * recipe.width
            for i in view.indices {
                row.floats(field)[i] = view[i] + Float(recipe.noise) * key.normal(UInt64(first + i))
            }
        }
    }
}
