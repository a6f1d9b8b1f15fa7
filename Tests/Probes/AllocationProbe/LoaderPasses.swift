import CAllocationCounter
import Foundation
import Lockstep

/// Counts the heap allocations of loaders: `AllocationProbe loaders` prints a line `own NAME COUNT` for each. The first
/// two epochs, which make what is kept, are not counted.
struct LoaderPasses {
    /// Sequences of different lengths, and bytes.
    private struct Sequences: Dataset {
        let schema = BatchSchema([
            BatchField("steps", Shape(9, 4), isVarying: true), BatchField("marks", Shape(5), .uint8),
            BatchField("target", Shape(), .int32, role: .target, classes: 3),
        ])
        let fingerprint = "sequences"

        func count(of split: DatasetSplit) -> Int { split == .training ? 100 : 0 }

        func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
            let length = 1 + sample % 9
            row.setLength(length, of: 0)
            for element in 0..<length * 4 { row.floats(0)[element] = Float(element) }
            for element in 0..<5 { row.bytes(1)[element] = UInt8(sample) }
            row.int32s(2)[0] = Int32(sample % 3)
        }
    }

    func run() throws {
        let images = try DataConfiguration.synthetic(
            .init(
                samples: 100, shape: [6, 6, 3], classes: 3,
                augment: [.randomCrop(padding: 1), .horizontalFlip(probability: 0.5)])
        ).open()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("loader-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let streamed = try streamed(in: folder.path)
        for threads in [1, 3] {
            try count("sequences on \(threads)", Sequences(), threads)
            try count("images on \(threads)", images, threads)
            try count("files on \(threads)", streamed, threads)
        }
    }

    /// Images in a file, which are read when they are needed, and changed.
    private func streamed(in folder: String) throws -> any Dataset {
        func write(_ name: String, _ type: String, _ shape: String, _ bytes: [UInt8]) throws {
            var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
            while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
            let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count + 1), 0]
            try Data(start + Array((header + "\n").utf8) + bytes).write(
                to: URL(fileURLWithPath: folder + name))
        }
        let numbers = (0..<100 * 48).map { Int16($0 % 1000).bigEndian }
        try write("/x.npy", ">i2", "(100, 4, 4, 3)", numbers.withUnsafeBytes { Array($0) })
        try write("/y.npy", "|u1", "(100,)", (0..<100).map { UInt8($0 % 3) })
        var recipe = DataConfiguration.NPY(
            trainInputs: folder + "/x.npy", trainTargets: folder + "/y.npy",
            augment: [.horizontalFlip(probability: 0.5)])
        recipe.memory = 0
        return try DataConfiguration.npy(recipe).open(
            DatasetRequest(cache: DataCache(directory: folder + "/cache")))
    }

    private func count(_ name: String, _ data: any Dataset, _ threads: Int) throws {
        let sampler = Sampler(count: 100, batch: 30, seed: 1)
        let loader = try Loader(
            data, sampler: sampler, shards: 0..<4, of: 4, from: 0, depth: 2, threads: threads)
        var sum = 0
        for step in 0..<40 {
            if step == 2 * sampler.stepsPerEpoch { lockstep_allocations_start() }
            let batch = loader.next()
            for shard in 0..<4 { sum += batch.shard(shard)[0].elementCount + batch.shard(shard).count }
            loader.release(batch)
        }
        lockstep_allocations_stop()
        loader.close()
        print("own \(name) \(sum > 0 ? lockstep_allocations_own() : -1)")
        if lockstep_allocations_own() > 0 { lockstep_allocations_report() }
    }
}
