import Foundation
import LockstepDatasets
import Testing

@Suite struct DataCacheTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func load(_ seed: UInt64) throws -> LoadedData {
        try folder.cache.load(.synthetic(.init(samples: 20, shape: [2], classes: 2, seed: seed)))
    }

    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache").sorted() }
    }

    private func put(_ name: String, daysOld days: Double) throws {
        let path = try folder.write("cache/" + name, "x")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: path)
    }

    @Test func nothingButTheDataIsLeft() throws {
        _ = try load(1)
        #expect(try files.map { $0.hasSuffix(".data") } == [true])
        // Neither is a lock when there was nothing to decode.
        #expect(throws: DatasetError.self) {
            try folder.cache.load(.text(.init(path: folder.path + "/none.txt")))
        }
        #expect(try files.count == 1)
    }

    @Test func whatNobodyUsesIsRemoved() throws {
        _ = try load(1)
        let first = try #require(try files.first)
        let old = [
            "csv-0123456789abcdef.data", "csv-test-0123456789abcdef.data.lock",
            "idx-0123456789abcdef.data.77.new",
        ]
        let others = [
            "venv-0123456789abcdef", "notes.data", "csv-0123456789abcdeg.data", "pytorch-variants.json",
        ]
        for name in old + others { try put(name, daysOld: 91) }
        try put("npy-0123456789abcdef.data", daysOld: 89)
        _ = try load(2)
        let left = try files
        #expect(old.allSatisfy { !left.contains($0) })
        #expect(others.allSatisfy(left.contains) && left.contains("npy-0123456789abcdef.data"))
        #expect(left.contains(first))
    }

    @Test func useKeepsAFile() throws {
        _ = try load(1)
        let name = try #require(try files.first)
        let path = folder.path + "/cache/" + name
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -91 * 86_400)], ofItemAtPath: path)
        #expect(try load(1).isMapped)
        _ = try load(2)
        #expect(try files.contains(name))
    }

    /// Threads stand for processes: each opens the lock's file for itself.
    @Test func manyAtOnceLeaveNoLock() async throws {
        let cache = folder.cache
        let fingerprints = try await withThrowingTaskGroup(of: DataFingerprint.self) { group in
            for index in 0..<24 {
                group.addTask {
                    try cache.load(
                        .synthetic(.init(samples: 5000, shape: [8], classes: 2, seed: UInt64(index % 3)))
                    )
                    .fingerprint
                }
            }
            return try await group.reduce(into: Set<DataFingerprint>()) { $0.insert($1) }
        }
        #expect(fingerprints.count == 3)
        #expect(try files.map { $0.hasSuffix(".data") } == [true, true, true])
    }
}
