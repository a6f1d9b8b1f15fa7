import LockstepDatasets
import LockstepTensors
import Testing

/// Sequences of pairs: two inputs, one of which varies in length, and fields of all types. Every number tells where it belongs.
private struct Pairs: Dataset {
    static let longest = 7

    let schema = BatchSchema([
        BatchField("steps", Shape(Pairs.longest, 2), isVarying: true),
        BatchField("picture", Shape(3), .uint8),
        BatchField("words", Shape(Pairs.longest), .int32, isVarying: true, classes: 1000),
        BatchField("target", Shape(), .int32, role: .target, classes: 5),
        BatchField("weight", Shape(), role: .weight),
    ])
    var fingerprint: String { "pairs" }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: 53
        case .validation: 11
        case .test: 0
        }
    }

    static func length(_ sample: Int) -> Int { 1 + sample * 5 % longest }
    static func words(_ sample: Int) -> Int { 1 + sample * 3 % 4 }
    static func number(_ sample: Int, _ epoch: Int, _ element: Int) -> Float {
        Float(sample * 100 + epoch * 10_000 + element + 1)
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let epoch = draws?.epoch ?? 90
        row.setLength(Self.length(sample), of: 0)
        for element in 0..<Self.length(sample) * 2 {
            row.floats(0)[element] = Self.number(sample, epoch, element)
        }
        for element in 0..<3 { row.bytes(1)[element] = UInt8(sample + element) }
        row.setLength(Self.words(sample), of: 2)
        for element in 0..<Self.words(sample) { row.int32s(2)[element] = Int32(sample + element) }
        row.int32s(3)[0] = Int32(sample % 5)
        row.floats(4)[0] = Float(sample) / 2
    }

    func label(ofTraining sample: Int) -> Int? { sample % 5 }
}

/// The samples of a part as text, without the padding, which is checked.
private func rows(_ part: FieldTensors, epoch: Int, _ names: inout [Int]) -> [String] {
    let lengths = (part.lengths[0], part.lengths[2])
    guard let steps = lengths.0?.int32s, let words = lengths.1?.int32s else { return ["no lengths"] }
    #expect(part.lengths[1] == nil && part.lengths[0]?.shape == Shape(part.count))
    let longest = (0..<part.count).map { Int(steps[$0]) }.max() ?? 1
    let mostWords = (0..<part.count).map { Int(words[$0]) }.max() ?? 1
    #expect(part[0].shape == Shape(part.count, longest, 2) && part[1].shape == Shape(part.count, 3))
    #expect(part[2].shape == Shape(part.count, mostWords) && part[3].shape == Shape(part.count))
    return (0..<part.count).map { row in
        let sample = Int(part[4].floats[row] * 2)
        names.append(sample)
        #expect(Int(steps[row]) == Pairs.length(sample) && Int(words[row]) == Pairs.words(sample))
        let numbers = (0..<longest * 2).map { part[0].floats[row * longest * 2 + $0] }
        for (element, number) in numbers.enumerated() {
            let isThere = element < Pairs.length(sample) * 2
            #expect(number == (isThere ? Pairs.number(sample, epoch, element) : 0))
        }
        let ids = (0..<mostWords).map { part[2].int32s[row * mostWords + $0] }
        #expect(ids == (0..<mostWords).map { $0 < Pairs.words(sample) ? Int32(sample + $0) : 0 })
        let bytes = (0..<3).map { part[1].bytes[row * 3 + $0] }
        #expect(bytes == (0..<3).map { UInt8(sample + $0) })
        #expect(part[3].int32s[row] == Int32(sample % 5))
        return "\(steps[row]) \(numbers.prefix(Int(steps[row]) * 2)) \(bytes) \(ids.prefix(Int(words[row])))"
    }
}

@Suite struct LoaderTests {
    /// The samples of some steps shard by shard, on a number of ranks with a number of threads.
    private func stream(ranks: Int, threads: Int, steps: Int = 9) throws -> [[String]] {
        let (data, shards) = (Pairs(), 7)
        let sampler = Sampler(count: 53, batch: 12, seed: 4)
        let loaders = try (0..<ranks).map { rank in
            try Loader(
                data, sampler: sampler, shards: rank * shards / ranks..<(rank + 1) * shards / ranks,
                of: shards,
                from: 0, depth: 2, threads: threads)
        }
        defer { for loader in loaders { loader.close() } }
        var seen: [Int] = []
        let all = (0..<steps).map { step in
            var texts: [String] = []
            for (rank, loader) in loaders.enumerated() {
                let batch = loader.next()
                for shard in rank * shards / ranks..<(rank + 1) * shards / ranks {
                    texts += rows(batch.shard(shard), epoch: sampler.epoch(ofStep: step), &seen)
                }
                loader.release(batch)
            }
            return texts
        }
        #expect(seen.prefix(53).sorted() == Array(0..<53))
        return all
    }

    @Test func neitherRanksNorThreadsChangeWhatIsInAShard() throws {
        let one = try stream(ranks: 1, threads: 1)
        #expect(one[0].count == 12 && one[4].count == 5)
        for ranks in 1...3 {
            for threads in 1...4 { #expect(try stream(ranks: ranks, threads: threads) == one) }
        }
        // More threads than rows.
        #expect(try stream(ranks: 3, threads: 9) == one)
    }

    @Test func blocksOfAnEvaluationHaveAllSamplesInTheirOrder() throws {
        let split = EvaluationSplit(Pairs(), .validation)
        var seen: [Int] = []
        for range in [0..<4, 4..<11, 0..<11, 3..<4, 5..<5] {
            let block = split.block(range)
            #expect(block.first == range.lowerBound && block.count == range.count)
            seen = []
            _ = rows(block, epoch: 90, &seen)
            #expect(seen == Array(range))
        }
        #expect(split.hasTargets && split.count == 11 && EvaluationSplit(Pairs(), .test).count == 0)
    }

    @Test func theClassesOfADatasetAreCounted() {
        #expect(Pairs().classCounts == [11, 11, 11, 10, 10])
        #expect(Pairs().schema.sampleByteCount == 56 + 3 + 28 + 4 + 4)
        #expect(Pairs().schema.index(of: "words") == 2 && Pairs().schema.indices(.input) == [0, 1, 2])
    }
}
