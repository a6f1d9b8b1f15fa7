import Foundation
import LockstepDatasets
import LockstepReaders
import LockstepTasks
import LockstepTensors
import Testing

@Suite struct PreparationTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func synthetic(
        _ samples: Int = 300, shape: [Int] = [6], validation: ValidationSplit = .none,
        augment: [Augmentation] = [], splitSeed: UInt64 = 0
    ) throws -> OpenedData {
        try OpenedData(
            .synthetic(
                .init(
                    samples: samples, shape: shape, classes: 3, validation: validation, augment: augment,
                    splitSeed: splitSeed)), cache: folder.cache)
    }

    @Test func splitsCoverAndDoNotMeet() throws {
        let whole = try synthetic()
        let split = try synthetic(validation: .fraction(0.2))
        #expect(split.count(.training) == 240 && split.count(.validation) == 60)
        #expect(whole.count(.training) == 300 && whole.count(.validation) == 0)
        // Folds partition: every sample is held back once.
        let held = try (0..<7).map { try synthetic(validation: .fold(index: $0, of: 7)).count(.validation) }
        #expect(held.reduce(0, +) == 300)
        let other = try synthetic(validation: .fraction(0.2), splitSeed: 9)
        #expect(other.all(.validation).inputs != split.all(.validation).inputs)
        #expect(other.fingerprint != split.fingerprint)
    }

    @Test func impossibleSplits() throws {
        #expect(throws: DatasetError.self) { try synthetic(3, validation: .fraction(0.99)) }
        #expect(throws: DatasetError.self) { try synthetic(3, validation: .fraction(0.01)) }
    }

    @Test func normalizationIsThatOfTheTrainingSplit() throws {
        let data = try synthetic(validation: .fraction(0.3))
        let inputs = data.all(.training).inputs.map(Double.init)
        for feature in 0..<6 {
            let values = stride(from: feature, to: inputs.count, by: 6).map { inputs[$0] }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-5)
        }
    }

    @Test func everyEpochIsAPermutationOfItsOwn() {
        let sampler = Sampler(count: 1000, batch: 64, seed: 5)
        func order(_ sampler: Sampler, _ epoch: Int) -> [Int32] {
            var result = [Int32](repeating: 0, count: 1000)
            result.withUnsafeMutableBufferPointer { sampler.fillOrder(ofEpoch: epoch, $0) }
            return result
        }
        #expect(order(sampler, 0).sorted() == (0..<1000).map(Int32.init))
        #expect(order(sampler, 0) != order(sampler, 1))
        #expect(order(sampler, 3) == order(sampler, 3))
        #expect(order(Sampler(count: 1000, batch: 64, seed: 6), 0) != order(sampler, 0))
        #expect(sampler.stepsPerEpoch == 16)
        #expect(sampler.positions(ofStep: 15) == 960..<1000)
        #expect(sampler.positions(ofStep: 16) == 0..<64)
    }

    @Test func shardsPartitionAStep() {
        for samples in [0, 1, 5, 40, 64] {
            for shards in 1...9 {
                let all = (0..<shards).flatMap {
                    Array(Sampler.positions(ofShard: $0, of: shards, samples: samples))
                }
                #expect(all == Array(0..<samples))
            }
        }
    }

    private let augmentations: [Augmentation] = [
        .randomCrop(padding: 2), .horizontalFlip(probability: 0.5), .rotation(degrees: 20),
        .scaling(minimum: 0.8, maximum: 1.2), .brightnessContrast(brightness: 0.2, contrast: 0.2),
        .cutout(size: 3),
    ]

    /// The inputs of some steps, in the order of the shards, however the shards are dealt out.
    private func stream(_ data: OpenedData, ranks: Int, from first: Int = 0, steps: Int = 9) throws
        -> [[Float]]
    {
        let sampler = Sampler(count: data.count(.training), batch: 30, seed: 4)
        let loaders = try (0..<ranks).map { rank in
            try Loader(
                data.dataset, sampler: sampler, shards: rank * 4 / ranks..<(rank + 1) * 4 / ranks, of: 4,
                from: first,
                depth: 2)
        }
        defer { for loader in loaders { loader.close() } }
        return (0..<steps).map { _ in
            var all: [Float] = []
            for (rank, loader) in loaders.enumerated() {
                let batch = loader.next()
                for shard in rank * 4 / ranks..<(rank + 1) * 4 / ranks {
                    all += batch.shard(shard).inputs.floatArray
                }
                loader.release(batch)
            }
            return all
        }
    }

    @Test func theStreamDoesNotDependOnRanksAndContinuesAnywhere() throws {
        let data = try synthetic(100, shape: [8, 8, 2], augment: augmentations)
        let one = try stream(data, ranks: 1)
        #expect(one[0].count == 30 * 128 && one[3].count == 10 * 128)
        for ranks in 2...4 { #expect(try stream(data, ranks: ranks) == one) }
        #expect(try stream(data, ranks: 2, from: 5, steps: 4) == Array(one[5...]))
    }

    @Test func augmentationsChangeFromEpochToEpoch() throws {
        for augmentation in augmentations {
            let data = try synthetic(30, shape: [8, 8, 1], augment: [augmentation])
            let plain = try synthetic(30, shape: [8, 8, 1])
            let steps = try stream(data, ranks: 1, steps: 2)
            // A flip moves pixels, but changes none.
            let isChanged = augmentation.name == "horizontal_flip" || steps[0].sorted() != steps[1].sorted()
            #expect(isChanged, "\(augmentation.name)")
            let isDifferent = try steps[0] != stream(plain, ranks: 1, steps: 1)[0]
            #expect(isDifferent, "\(augmentation.name)")
            #expect(steps[0].allSatisfy { $0.isFinite })
        }
    }

    @Test func aDamagedCacheIsMadeAgain() throws {
        let first = try synthetic()
        #expect(first.warnings.isEmpty)
        let cache = folder.path + "/cache"
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: cache).first { $0.hasSuffix(".data") })
        let path = cache + "/" + name
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[bytes.count - 100] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let second = try synthetic()
        #expect(second.warnings.count == 1 && second.warnings[0].contains("damaged"))
        #expect(second.all(.training).inputs == first.all(.training).inputs)
        #expect(try synthetic().warnings.isEmpty)
    }

    @Test func fashionMNIST() throws {
        guard FileManager.default.fileExists(atPath: DataConfiguration.FashionMNIST.defaultDirectory) else {
            return
        }
        let data = try OpenedData(.fashionMNIST(.init(validation: .fraction(0.1))), cache: folder.cache)
        #expect(
            data.count(.training) == 54_000 && data.count(.validation) == 6000 && data.count(.test) == 10_000)
        #expect(data.sampleShape == Shape(28, 28, 1) && data.classes == 10)
        #expect(data.classCounts.reduce(0, +) == 54_000)
    }
}
