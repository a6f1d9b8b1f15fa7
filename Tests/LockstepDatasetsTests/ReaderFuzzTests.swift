import Foundation
import LockstepDatasets
import LockstepReaders
import LockstepTensors
import Testing

/// Mutated files of arrays and tables are read, or refused with a `DatasetError`: no trap, no hang, bounded memory.
@Suite(.serialized) struct ReaderFuzzTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private static let mutations: UInt64 = 500
    /// What a reader may take above what the process has, in bytes.
    private static let mostMemory = 1 << 30

    /// Changes some bytes, most of them near a header or a directory: the same for the same seed.
    private func mutated(_ bytes: [UInt8], _ seed: UInt64, _ name: String) -> [UInt8] {
        let layer = UInt64(name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF })
        let key = RandomKey(seed: 1, purpose: .synthetic, layer: layer, major: seed)
        var draws: UInt64 = 0
        func below(_ bound: Int) -> Int {
            draws += 1
            return Int(key.index(draws, below: UInt64(max(1, bound))))
        }
        var bytes = bytes
        for _ in 0...below(6) {
            guard bytes.count > 8 else { break }
            let near = [bytes.count, min(bytes.count, 200), min(bytes.count, 4096)][below(3)]
            let place = below(2) == 0 ? below(near) : bytes.count - 1 - below(near)
            switch below(6) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][below(6)]
            case 2: for index in place..<min(bytes.count, place + 8) { bytes[index] = 0xFF }
            case 3: for index in place..<min(bytes.count, place + 4) { bytes[index] = 0 }
            case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(64)))
            default:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(64))], at: place)
            }
        }
        return bytes
    }

    /// The largest resident memory of this process so far, in bytes.
    private var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    private func fuzz(_ name: String, _ bytes: [UInt8], _ read: (String) throws -> Void) throws {
        let before = peak
        var refused = 0
        for seed in 0..<Self.mutations {
            let file = try folder.write("mutated", mutated(bytes, seed, name))
            do {
                try read(file)
            } catch is DatasetError {
                refused += 1
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
        #expect(peak - before < Self.mostMemory, "\(name)")
        // Both happen, or nothing was tested.
        #expect(refused > 50, "\(name): \(refused)")
    }

    @Test(arguments: [
        ("stored.npz", "int16"), ("deflated.npz", "float64"), ("one.npz", ""), ("stored.npz", "names"),
        ("float64.npy.zst", ""), ("zeros.zst", ""), ("names.npy", ""), ("bytes.npy", ""),
    ]) func arrays(_ fixture: String, _ name: String) throws {
        try fuzz(fixture + name, try ArrayFixture.bytes(fixture)) { file in
            _ = try ArrayReader.read(DataFiles(name.isEmpty ? file : "\(file):\(name)"))
        }
    }

    @Test(arguments: ["chunked/float64", "chunked/names"]) func hdf5(_ name: String) throws {
        try fuzz("h5" + name, try ArrayFixture.bytes("all.h5")) { file in
            _ = try ArrayReader.read(DataFiles("\(file):\(name)"))
        }
    }

    @Test func hdf5WithoutName() throws {
        try fuzz("one", try ArrayFixture.bytes("one.h5")) { _ = try ArrayReader.read(DataFiles($0)) }
    }

    @Test func jsonLines() throws {
        let text =
            (0..<20).map {
                "{\"a\": \($0).5, \"b\": \"n\($0 % 3)\\u00e9\\n\", \"y\": \"\($0 % 2)\", \"c\": null}"
            }
            .joined(separator: "\n")
        let format = TableFormat(
            train: "t", target: "y", categorical: ["b"], ignore: ["c"], isRegression: false, header: true,
            delimiter: ",", encoding: .utf8, canMiss: true, missingValues: [""], standardizesNumbers: true,
            standardizesTargets: true, isJSONLines: true)
        try fuzz("jsonl", Array(text.utf8)) { file in
            var reader = CSVReader(format)
            _ = try reader.read(DataFiles(file))
        }
    }
}
