import Foundation
import LockstepDatasets
import LockstepReaders
import LockstepTensors
import Testing

/// A few bytes that ask for much memory: no more is taken than the contents announce, or than there is.
@Suite struct ExpansionTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// A gzip file of some bytes.
    private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let path = try folder.write("plain", bytes)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-f", path]
        try process.run()
        process.waitUntilExit()
        return Array(try #require(FileManager.default.contents(atPath: path + ".gz")))
    }

    private func problem(_ recipe: DataConfiguration) -> DatasetError? {
        do {
            _ = try OpenedData(recipe, cache: folder.cache)
            return nil
        } catch { return error as? DatasetError }
    }

    private func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] { (0..<count).flatMap { _ in bytes } }

    /// Contents go on behind what the header announces: nobody unpacks the rest.
    @Test func moreThanTheHeaderAnnounces() throws {
        let zeros = try gzip([UInt8](repeating: 0, count: 1 << 24))
        let idx = try gzip([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4])
        let plain = try folder.npy("x.npy", "<f8", "(2, 1)", [UInt8](repeating: 0, count: 16))
        let npy = try gzip(Array(try #require(FileManager.default.contents(atPath: plain))))
        let labels = try folder.idx("l", [4], [0, 1, 0, 1])
        for (name, head, expected) in [("i.gz", idx, 20), ("x.gz", npy, 144)] {
            let file = try folder.write(name, head + repeated(zeros, 64))
            let recipe =
                name == "i.gz"
                ? DataConfiguration.idx(.init(trainImages: file, trainLabels: labels))
                : .npy(.init(trainInputs: file, trainTargets: file))
            let error = try #require(problem(recipe))
            #expect(error.kind == .format && error.place == .byte(expected), "\(error)")
            #expect(
                error.problem.contains("after the \(expected) bytes that its header announces"), "\(error)")
        }
    }

    @Test func headersThatAnnounceTooMuch() throws {
        let labels = try folder.idx("l", [4], [0, 1, 0, 1])
        func images(_ extents: [UInt8], gzipped: Bool) throws -> String {
            let bytes: [UInt8] = [0, 0, 0x0E, 3] + extents + [UInt8](repeating: 0, count: 300_000)
            return try folder.write("i", gzipped ? gzip(bytes) : bytes)
        }
        for extents: [UInt8] in [
            [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1],
            [0, 255, 255, 255, 0, 0, 255, 255, 0, 0, 0, 1],
            [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            for gzipped in [false, true] {
                let file = try images(extents, gzipped: gzipped)
                let error = try #require(problem(.idx(.init(trainImages: file, trainLabels: labels))))
                #expect(error.kind == .truncated, "\(error)")
            }
        }
        for shape in [
            "(99999999999, 9999)", "(9223372036854775807, 9223372036854775807)", "(1000000000000,)",
        ] {
            let file = try folder.npy("x.npy", "<f8", shape, [UInt8](repeating: 0, count: 300_000))
            let packed = try folder.write(
                "x.gz", gzip(Array(try #require(FileManager.default.contents(atPath: file)))))
            for path in [file, packed] {
                let error = try #require(problem(.npy(.init(trainInputs: path, trainTargets: labels))))
                #expect(error.kind == .truncated, "\(error)")
            }
        }
    }

    /// A text announces nothing: it is counted before it is kept.
    @Test func textsAreCounted() throws {
        let member = try gzip(repeated(Array("1,a\n".utf8), 1 << 22))
        let packed = MemoryBlock(copying: ContiguousArray(repeated(member, 32)))
        func unpack(_ available: Int?) throws -> MemoryBlock {
            try Unpacking.unpack(
                packed, .gzip, path: "t.csv",
                ContentExpectation(memoryPerByte: 1, memoryPerField: 24, available: available))
        }
        #expect {
            try unpack(1 << 30)
        } throws: { error in
            guard let error = error as? DatasetError else { return false }
            return error.kind == .tooLarge
                && error.problem
                    == "to read its 536870912 bytes takes about 6.5 GiB, and 1.0 GiB of memory are available"
        }
        let block = try unpack(nil)
        #expect(block.count == 1 << 29 && block.bytes[(1 << 29) - 2] == UInt8(ascii: "a"))
    }

    /// Small ones are counted, too, and take no more than a part of the memory until they are.
    @Test(arguments: [1 << 17, 1 << 19, 1 << 22]) func smallTextsAreCounted(_ lines: Int) throws {
        let packed = MemoryBlock(copying: ContiguousArray(try gzip(repeated(Array("1,a\n".utf8), lines))))
        // A line takes its four bytes, and 24 for each of its two fields.
        let need = lines * 52
        func unpack(_ available: Int) throws -> MemoryBlock {
            try Unpacking.unpack(
                packed, .gzip, path: "t.csv",
                ContentExpectation(memoryPerByte: 1, memoryPerField: 24, available: available))
        }
        let error = #expect(throws: DatasetError.self) { try unpack(need - 1) }
        #expect(error?.kind == .tooLarge, "\(String(describing: error))")
        #expect(error?.problem.contains("to read its \(lines * 4) bytes takes about") == true)
        #expect(try unpack(need).count == 4 * lines)
    }

    /// No more of them is needed to see that they are no table.
    @Test func zerosAreNoTable() throws {
        let zeros = try gzip([UInt8](repeating: 0, count: 1 << 24))
        let file = try folder.write("t.csv.gz", gzip(Array("x,y\n1,a\n".utf8)) + repeated(zeros, 400))
        let error = try #require(problem(.csv(.init(train: file, target: "y"))))
        #expect(error.kind == .format && error.place == .line(3), "\(error)")
    }

    @Test func unpackedSizes() throws {
        for count in [0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 3_000_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
            let packed = MemoryBlock(copying: ContiguousArray(try gzip(bytes) + gzip([7])))
            for announced in [nil, count + 1] {
                let expectation = ContentExpectation(
                    memoryPerByte: 1, available: nil, byteCount: { _ in announced })
                let block = try Unpacking.unpack(packed, .gzip, path: "f", expectation)
                #expect(block.bytes.elementsEqual(bytes + [7]), "\(count)")
            }
        }
    }

    @Test func whatIsMadeUpAndWhatIsNoFile() throws {
        let huge = DataConfiguration.Synthetic(samples: 100_000_000, shape: [1_000_000], classes: 2)
        let error = try #require(problem(.synthetic(huge)))
        #expect(error.kind == .tooLarge && error.problem.contains("100000000 + 20000000 samples"), "\(error)")
        let prototypes = DataConfiguration.Synthetic(samples: 10, shape: [1_000_000], classes: 100_000)
        #expect(problem(.synthetic(prototypes))?.kind == .tooLarge)
        #expect(problem(.text(.init(path: "/dev/zero")))?.kind == .unreadable)
        let sparse = try folder.write("sparse", "x")
        truncate(sparse, 1 << 43)
        let told = try #require(problem(.text(.init(path: sparse))))
        #expect(told.kind == .tooLarge && told.problem.contains("8796093022208 bytes"), "\(told)")
    }
}
