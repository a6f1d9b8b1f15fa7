import Foundation
import Lockstep

/// Items of Fashion-MNIST on textured canvases, drawn from a seed: images `input` [64, 64, 1], from 0 to 1, and in `target`
/// [64, 64] for each pixel whether it belongs to a garment. Training canvases are new in every epoch.
struct Canvases: DataComponent {
    static let name = "canvases"

    var training = 4000
    var test = 1000
    var seed: UInt64 = 1

    static var keys: KeyTable<Self> {
        KeyTable(
            .integer("training", \.training, .within(1...1_000_000), "training canvases per epoch"),
            .integer("test", \.test, .within(1...1_000_000), "test canvases"),
            .seed("seed", \.seed, "seed of the test canvases"))
    }

    private static let items = DataConfiguration.FashionMNIST(normalize: .none)

    var files: [String] { get throws { try Self.items.files } }
    var hasValidation: Bool { false }
    var taskName: String? { Segmentation.Configuration.name }

    func open(_ request: DatasetRequest) throws -> any Dataset {
        CanvasDataset(self, items: try Self.items.open(request))
    }
}

/// The canvases of a seed.
struct CanvasDataset: Dataset {
    static let side = 64

    let schema = BatchSchema([
        BatchField("input", Shape(side, side, 1)),
        BatchField("target", Shape(side, side), .int32, role: .target, classes: 2),
    ])
    let fingerprint: String
    let constants: DatasetConstants
    private let configuration: Canvases
    /// Items of each split, from 0 to 1: [n, 28, 28].
    private let items: [DatasetSplit: [Float]]

    init(_ configuration: Canvases, items dataset: any Dataset) {
        self.configuration = configuration
        constants = dataset.constants
        fingerprint = "canvases 1 \(configuration.seed) \(dataset.fingerprint)"
        items = [DatasetSplit.training, .test].reduce(into: [:]) { items, split in
            let source = EvaluationSplit(dataset, split)
            items[split] = source.block(0..<min(5000, source.count))[0].floatArray.map { $0 / 255 }
        }
    }

    func count(of split: DatasetSplit) -> Int {
        split == .training ? configuration.training : split == .test ? configuration.test : 0
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let fixed = RandomKey(
            seed: configuration.seed, purpose: .synthetic, layer: split == .training ? 0 : 1,
            minor: UInt64(sample))
        let key = draws?.key(sample: sample) ?? fixed
        let (pixels, labels) = (row.floats(0), row.int32s(1))
        paintTexture(pixels, key)
        labels.update(repeating: 0, count: Self.side * Self.side)
        guard let items = items[split], !items.isEmpty else { return }
        func index(_ element: Int, below bound: Int) -> Int {
            Int(key.index(UInt64(element), below: UInt64(bound)))
        }
        // One to three items. The elements before 100 and from 1000 on are for the texture.
        for element in stride(from: 101, through: 101 + 3 * index(100, below: 3), by: 3) {
            let first = index(element, below: items.count / (28 * 28)) * 28 * 28
            let top = index(element + 1, below: Self.side - 27)
            let left = index(element + 2, below: Self.side - 27)
            // Nearly black pixels do not belong to the garment.
            for place in 0..<28 * 28 where items[first + place] > 0.12 {
                let pixel = (top + place / 28) * Self.side + left + place % 28
                pixels[pixel] = items[first + place]
                labels[pixel] = 1
            }
        }
    }

    /// Three waves of random direction, length and amplitude, plus noise.
    private func paintTexture(_ pixels: UnsafeMutablePointer<Float>, _ key: RandomKey) {
        let numbers = (0..<16).map { key.uniform(UInt64($0)) }
        for pixel in 0..<Self.side * Self.side {
            let (x, y) = (Float(pixel % Self.side), Float(pixel / Self.side))
            var brightness = 0.2 + 0.4 * numbers[0] + 0.1 * key.uniform(UInt64(1000 + pixel))
            for wave in stride(from: 1, to: 13, by: 4) {
                let phase =
                    (2 * numbers[wave] - 1) * x + (2 * numbers[wave + 1] - 1) * y + 6 * numbers[wave + 2]
                brightness += 0.15 * numbers[wave + 3] * sin(phase)
            }
            pixels[pixel] = max(0, min(1, brightness))
        }
    }
}
