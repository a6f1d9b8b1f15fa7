import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Files that are compressed by gzip or zstd give what they give unpacked, whatever their names.
@Suite struct CompressionTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// A file as a program packs it.
    private func packed(_ program: String, _ path: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
        process.arguments = ["-q", "-f", "-k", path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let plain = path + ".packed"
        try FileManager.default.moveItem(atPath: path + (program == "gzip" ? ".gz" : ".zst"), toPath: plain)
        return plain
    }

    @Test(arguments: ["gz", "zst"]) func arrays(_ ending: String) throws {
        #expect(
            try ArrayFixture.content(ArrayFixture.path("float64.npy.\(ending)"))
                == ArrayFixture.content(ArrayFixture.path("float64.npy")))
    }

    @Test(arguments: ["gzip", "zstd"], [0, 3, 400_000]) func tablesAndTexts(_ program: String, _ more: Int)
        throws
    {
        let rows = (0..<more).map { "\($0 % 97),\($0 % 2 == 0 ? "a" : "b")\n" }.joined()
        let plain = try folder.write("t.csv", "x,y\n1,a\n2,b\n" + rows)
        let file = try packed(program, plain)
        func open(_ file: String) throws -> OpenedData {
            try OpenedData(.csv(.init(train: file, target: "y")), cache: folder.cache)
        }
        #expect(try open(file).fingerprint == open(plain).fingerprint)
        func text(_ file: String) throws -> String {
            try DataConfiguration.text(.init(path: file, windows: .init(context: 4))).open(
                DatasetRequest(cache: folder.cache)
            ).fingerprint
        }
        #expect(try text(file) == text(plain))
        let images = try folder.idx("images", [4, 1, 2], [0, 10, 20, 30, 40, 50, 60, 70])
        let labels = try folder.idx("labels", [4], [0, 1, 2, 1])
        let data = try OpenedData(
            .idx(
                .init(
                    trainImages: packed(program, images), trainLabels: packed(program, labels),
                    normalize: .none)),
            cache: folder.cache)
        #expect(data.all(.training).inputs == [0, 10, 20, 30, 40, 50, 60, 70])
    }

    @Test func damage() throws {
        let whole = try ArrayFixture.bytes("float64.npy.zst")
        func problem(_ bytes: [UInt8]) throws -> DatasetError {
            try #require(ArrayFixture.problem(folder.write("x.zst", bytes)))
        }
        #expect(try problem(Array(whole.dropLast(3))).kind == .truncated)
        #expect(try problem(Array(whole.prefix(6))).kind == .truncated)
        var flipped = whole
        flipped[whole.count - 20] ^= 0x10
        #expect(try problem(flipped).kind == .corrupt)
        #expect(try problem(whole + [1, 2, 3, 4]).kind == .corrupt)
    }

    /// A small file that claims much is unpacked as far as its header announces, or counted before it is kept.
    @Test func expansion() throws {
        let zeros = MemoryBlock(copying: ContiguousArray(try ArrayFixture.bytes("zeros.zst")))
        #expect(
            try Unpacking.unpack(
                zeros, .zstd, path: "z", ContentExpectation(memoryPerByte: 1, available: nil)
            ).count
                == 1 << 24)
        let error = #expect(throws: DatasetError.self) {
            try Unpacking.unpack(
                zeros, .zstd, path: "z", ContentExpectation(memoryPerByte: 1, available: 1 << 20))
        }
        #expect(error?.kind == .tooLarge)
        let announced = ContentExpectation(memoryPerByte: 1, available: nil, byteCount: { _ in 1 << 20 })
        #expect(
            #expect(throws: DatasetError.self) { try Unpacking.unpack(zeros, .zstd, path: "z", announced) }?
                .kind
                == .format)
    }
}
