import Foundation
import LockstepDatasets
import LockstepReaders
import LockstepTensors
import Testing

/// Recordings, their features against numpy, and sequences of them.
struct SoundTests {
    private struct Expected: Decodable {
        struct File: Decodable {
            var file: String
            var samples: [Float]
        }
        struct Features: Decodable {
            var file: String
            var window: Int
            var hop: Int
            var mels: Int
            var low: Double
            var high: Double
            var values: [Float]
        }
        var files: [File]
        var features: [Features]
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/sounds").path

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    }

    private static func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(bytes("expected.json")))
    }

    private static func decode(_ bytes: [UInt8], _ decoder: SoundDecoder = SoundDecoder()) throws
        -> [Float]
    {
        try bytes.withUnsafeBufferPointer { try decoder.decode($0, "recording") }
        return Array(decoder.samples)
    }

    private static func difference(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
    }

    @Test func samplesAreThoseOfTheFile() throws {
        let files = try Self.expected().files
        #expect(files.count == 7)
        let decoder = SoundDecoder()
        for file in files {
            let samples = try Self.decode(Self.bytes(file.file), decoder)
            #expect(Self.difference(samples, file.samples) < 1e-6, "\(file.file)")
        }
    }

    @Test func featuresAreThoseOfNumpy() throws {
        for expected in try Self.expected().features {
            let samples = try Self.decode(Self.bytes(expected.file))
            let logMel = LogMel(
                sampleRate: 8000, window: expected.window, hop: expected.hop, mels: expected.mels,
                low: expected.low,
                high: expected.high)
            let steps = logMel.steps(samples.count)
            var values = [Float](repeating: 0, count: steps * expected.mels)
            samples.withUnsafeBufferPointer { logMel.write($0, steps: steps, to: &values) }
            #expect(Self.difference(values, expected.values) < 2e-3, "\(expected.file)")
        }
    }

    private func error(_ bytes: [UInt8]) -> DatasetError? {
        #expect(throws: DatasetError.self) { try Self.decode(bytes) }
    }

    @Test func damagedRecordingsAreErrors() throws {
        #expect(error([])?.kind == .format)
        #expect(error(Array("OggS and more".utf8))?.kind == .format)
        for name in ["16.wav", "24.wav", "16.flac"] {
            let bytes = try Self.bytes(name)
            for share in [0.3, 0.8] {
                let error = error(Array(bytes.prefix(Int(Double(bytes.count) * share))))
                #expect(error?.kind == .corrupt && error?.file == "recording", "\(name) \(share)")
            }
        }
    }

    private func recipe(_ folder: TestFolder, _ change: (inout SoundFolder) -> Void = { _ in }) throws
        -> SoundFolder
    {
        for (name, files) in [
            ("pulse", ["8.wav", "16.wav", "16.flac"]),
            ("tone", ["24.wav", "float.wav", "stereo.wav", "stereo.flac"]),
        ] {
            let target = "\(folder.path)/train/\(name)"
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            for file in files {
                try Data(Self.bytes(file)).write(to: URL(fileURLWithPath: "\(target)/\(file)"))
            }
        }
        var recipe = SoundFolder()
        recipe.train = folder.path + "/train"
        recipe.sounds.sampleRate = 8000
        change(&recipe)
        return recipe
    }

    @Test func recordingsAreSequences() throws {
        let folder = try TestFolder()
        let dataset = try recipe(folder) {
            $0.sounds.features = .waveform
            $0.sounds.longest = 0.1
            $0.preparation.normalize = .none
        }.open(DatasetRequest())
        #expect(dataset.schema.fields[0].shape == Shape(800, 1) && dataset.schema.fields[0].isVarying)
        #expect(
            dataset.classCounts == [3, 4] && dataset.schema.fields[1].classNames == ["pulse", "tone"])
        #expect(dataset.warnings == ["2 of 7 recordings are cut after 0.1 seconds (longest)"])
        let block = EvaluationSplit(dataset, .training).block(0..<7)
        #expect(dataset.failure == nil && block[0].shape == Shape(7, 800, 1))
        let lengths = (0..<7).map { block.lengths[0]?.int32s[$0] }
        #expect(lengths == [800, 800, 500, 400, 300, 700, 600])
        let samples = try Self.decode(Self.bytes("8.wav"))
        #expect((0..<500).allSatisfy { block[0].floats[2 * 800 + $0] == samples[$0] })
    }

    @Test func aClassWithoutTrainingRecordingsIsReported() throws {
        let folder = try TestFolder()
        // Two training samples are left: with some seed both are of one class.
        var lacking: [String] = []
        for seed in 0..<20 where lacking.isEmpty {
            let dataset = try recipe(folder) {
                $0.preparation.validation = .fraction(0.7)
                $0.preparation.splitSeed = UInt64(seed)
            }.open(DatasetRequest())
            if dataset.classCounts.contains(0) { lacking = dataset.warnings }
        }
        #expect(lacking.contains { $0.contains("in the validation set, but not among the training samples") })
    }

    @Test func featuresAreNormalized() throws {
        let folder = try TestFolder()
        let recipe = try recipe(folder) { $0.sounds.mels = 12 }
        let dataset = try recipe.open(DatasetRequest())
        #expect(dataset.schema.fields[0].shape == Shape(1000 / 160 + 1, 12))
        let block = EvaluationSplit(dataset, .training).block(0..<7)
        for mel in 0..<12 {
            var values: [Double] = []
            for row in 0..<7 {
                for step in 0..<Int(block.lengths[0]?.int32s[row] ?? 0) {
                    values.append(Double(block[0].floats[(row * block[0].shape[1] + step) * 12 + mel]))
                }
            }
            let mean = values.reduce(0, +) / Double(values.count)
            let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
            #expect(abs(mean) < 1e-4 && abs(square - 1) < 1e-3)
        }
        #expect(try recipe.schema(of: dataset.constants) == dataset.schema)
    }

    @Test func anotherSampleRateIsAnError() throws {
        let folder = try TestFolder()
        let recipe = try recipe(folder)
        try Data(Self.bytes("other-rate.wav")).write(
            to: URL(fileURLWithPath: recipe.train + "/tone/x.wav"))
        let error = #expect(throws: DatasetError.self) { try recipe.open(DatasetRequest()) }
        #expect(error?.kind == .mismatch && error?.file == recipe.train + "/tone/x.wav")
    }

    /// Mutated recordings are decoded or refused: no crash, no hang, at most 1 GiB.
    @Test(arguments: [
        ["16.wav", "8.wav", "24.wav", "float.wav", "stereo.wav"], ["16.flac", "stereo.flac"],
    ])
    func mutatedRecordings(_ names: [String]) throws {
        let originals = try names.map(Self.bytes)
        var mutations = Mutations(seed: 22)
        let decoder = SoundDecoder()
        var (decoded, refused) = (0, 0)
        Mutations.bounded {
            for number in 0..<500 {
                let bytes = mutations.changed(originals[number % originals.count])
                do {
                    _ = try Self.decode(bytes, decoder)
                    decoded += 1
                } catch {
                    #expect((error as? DatasetError)?.file == "recording")
                    refused += 1
                }
            }
        }
        #expect(decoded > 5 && refused > 20, "\(decoded) decoded, \(refused) refused")
    }
}
