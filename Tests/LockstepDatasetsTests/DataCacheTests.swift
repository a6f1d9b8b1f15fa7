import Foundation
import LockstepDatasets
import LockstepReaders
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

    /// Changes a file of the cache as somebody would who knows its format: the checksums are right.
    private func forge(
        _ path: String, header change: (inout [String: Any]) -> Void, labels: ((inout [Int32]) -> Void)? = nil
    ) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        func word(_ offset: Int) -> Int {
            Int(bytes[offset..<offset + 4].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
        }
        let length = word(12)
        var header = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes[24..<24 + length])) as? [String: Any])
        let first = (24 + length + 4095) / 4096 * 4096
        if let labels {
            var training = try #require(header["training"] as? [String: Any])
            var section = try #require(training["targets"] as? [String: Any])
            let begin = first + (section["offset"] as? Int ?? 0)
            let end = begin + (section["byteCount"] as? Int ?? 0)
            var values = bytes[begin..<end].withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
            labels(&values)
            let changed = values.withUnsafeBytes { Array($0) }
            bytes.replaceSubrange(begin..<end, with: changed)
            section["crc"] = crc(changed)
            training["targets"] = section
            header["training"] = training
        }
        change(&header)
        let text = [UInt8](
            try JSONSerialization.data(
                withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes]))
        // The sections begin at the border of a page: there is room for a header that is a little longer.
        try #require(24 + text.count <= first)
        bytes.replaceSubrange(
            24..<first, with: text + [UInt8](repeating: 0, count: first - 24 - text.count))
        for (offset, value) in [(12, UInt32(text.count)), (16, UInt32(crc(text)))] {
            bytes.replaceSubrange(
                offset..<offset + 4, with: withUnsafeBytes(of: value.littleEndian) { Array($0) })
        }
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// CRC-32 as in gzip.
    private func crc(_ bytes: [UInt8]) -> Int {
        var crc: UInt32 = ~0
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int(~crc)
    }

    private func cachedFile() throws -> String {
        let before = try load(1)
        #expect(before.warnings.isEmpty)
        return folder.path + "/cache/" + (try #require(try files.first))
    }

    /// The file is made again, and says so.
    private func expectRemade(_ reason: String, location: SourceLocation = #_sourceLocation) throws {
        let again = try load(1)
        #expect(again.isMapped, sourceLocation: location)
        #expect(
            again.warnings.count == 1 && again.warnings[0].contains("was damaged (\(reason)"),
            "\(again.warnings)", sourceLocation: location)
        #expect(try load(1).warnings.isEmpty, sourceLocation: location)
    }

    @Test(arguments: [2, -1, Int32.max]) func labelsOutOfRange(_ label: Int32) throws {
        try forge(try cachedFile(), header: { _ in }, labels: { $0[7] = label })
        try expectRemade("it has labels outside the range of its classes")
    }

    @Test func headersThatContradictThemselves() throws {
        let path = try cachedFile()
        try forge(path, header: { $0["classes"] = -1 })
        try expectRemade("its number of classes differs from the number of their names")
        try forge(path, header: { $0["classNames"] = ["a", "b", "c"] })
        try expectRemade("its number of classes differs from the number of their names")
        try forge(path, header: { $0["classes"] = 0 })
        try expectRemade("it has labels, but no classes")
        try forge(
            path,
            header: {
                var training = $0["training"] as? [String: Any] ?? [:]
                training["targetWidth"] = Int.max / 8
                $0["training"] = training
            })
        try expectRemade("it is truncated")
    }

    /// Who owns a file can change it while it is mapped; and a link may lead anywhere.
    @Test(.enabled(if: geteuid() == 0)) func filesOfOthersAreNotUsed() throws {
        let path = try cachedFile()
        let copy = folder.path + "/copy"
        try FileManager.default.moveItem(atPath: path, toPath: copy)
        let before = try Data(contentsOf: URL(filePath: copy))
        symlink(copy, path)
        lchown(path, 54_321, 54_321)
        #expect(try load(1).warnings.isEmpty)
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
        #expect(try Data(contentsOf: URL(filePath: copy)) == before)
        try forge(path, header: { _ in }, labels: { $0[0] = 99 })
        chown(path, 54_321, 54_321)
        #expect(try load(1).warnings.isEmpty)
        #expect(stat(path, &status) == 0 && status.st_uid == 0)
    }

    @Test(.enabled(if: geteuid() == 0)) func temporaryFilesOfOthersStay() throws {
        // What an earlier version would have written through.
        let precious = try folder.write("precious", "precious")
        let path = try cachedFile()
        unlink(path)
        for link in ["\(path).\(getpid()).new", "\(path).lock"] {
            symlink(precious, link)
            lchown(link, 54_321, 54_321)
        }
        #expect(try load(1).isMapped)
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "precious")
    }

    /// The statistics of many inputs are kept; a damaged file of them is not used, nor that of another part of the data.
    @Test func statisticsOfManyInputsAreKept() throws {
        func inputs(_ samples: Int, _ validation: ValidationSplit = .none) throws -> [Float] {
            let recipe = DataConfiguration.synthetic(
                .init(samples: samples, shape: [64], classes: 2, validation: validation))
            let data = try recipe.open(DatasetRequest(cache: folder.cache))
            return EvaluationSplit(data, .training).block(0..<20)[0].floatArray
        }
        func statistics() throws -> [String] { try files.filter { $0.contains("-statistics-") } }
        _ = try inputs(1000)
        #expect(try statistics().isEmpty)
        let first = try inputs(20_000)
        let name = try #require(try statistics().first)
        #expect(try inputs(20_000) == first && statistics() == [name])
        let path = folder.path + "/cache/" + name
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let digit = try #require(text.range(of: "means")).upperBound
        let place = try #require(text[digit...].firstIndex { "123456789".contains($0) })
        var damaged = text
        damaged.replaceSubrange(place...place, with: text[place] == "5" ? "6" : "5")
        try Data(damaged.utf8).write(to: URL(fileURLWithPath: path))
        #expect(try inputs(20_000) == first)
        #expect(try String(contentsOfFile: path, encoding: .utf8) != damaged)
        _ = try inputs(20_000, .fraction(0.1))
        #expect(try statistics().count == 2)
    }
}
