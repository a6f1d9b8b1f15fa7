import Foundation
import LockstepConfiguration
import LockstepDatasets
import LockstepReaders
import LockstepTasks
import LockstepTensors
import LockstepText
import Testing

/// Texts: windows, splits, the stream of a run, and what is wrong with a text.
@Suite struct TextTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// Bytes that tell their place: the i-th is i mod 251.
    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

    private func data(
        _ count: Int, context: Int, validation: Double? = nil, randomOffset: Bool = false, stride: Int? = nil
    ) throws -> OpenedData {
        let path = try folder.write("\(count).txt", bytes(count))
        return try OpenedData(
            .text(
                .init(
                    path: path,
                    windows: .init(context: context, validation: validation, randomOffset: randomOffset))),
            stride: stride, cache: folder.cache)
    }

    private func numbers(_ tensor: Tensor) -> [Int32] {
        Array(UnsafeBufferPointer(start: tensor.int32s, count: tensor.elementCount))
    }

    @Test func trainingWindowsDoNotOverlap() throws {
        let data = try data(100, context: 8)
        #expect(data.count(.training) == 12 && data.count(.validation) == 0 && data.count(.test) == 0)
        #expect(data.sampleShape == Shape(8) && data.targetWidth == 8 && data.classes == nil)
        let block = EvaluationSplit(data.dataset, .training).block(0..<12)
        let (inputs, targets) = (block.inputs, block.targets)
        #expect(inputs.shape == Shape(12, 8) && targets.shape == Shape(12, 8))
        #expect(numbers(inputs) == (0..<96).map(Int32.init))
        #expect(numbers(targets) == (1..<97).map(Int32.init))
        // A window needs the token behind it.
        #expect(try self.data(97, context: 8).count(.training) == 12)
        #expect(try self.data(96, context: 8).count(.training) == 11)
        #expect(try self.data(9, context: 8, randomOffset: true).count(.training) == 1)
    }

    @Test(
        arguments: [
            (8, nil), (9, nil), (10, nil), (11, nil), (30, nil), (8, 8), (11, 11), (8, 1), (8, 3), (9, 4),
            (30, 7), (30, 29), (50, 50), (50, 9),
        ] as [(Int, Int?)])
    func everyHeldBackTokenIsCountedOnce(_ context: Int, _ stride: Int?) throws {
        let data = try data(200, context: context, validation: 0.2, stride: stride)
        let split = EvaluationSplit(data.dataset, .validation)
        let step = stride ?? context
        #expect(split.count == 1 + max(0, 40 - context + step - 1) / step)
        #expect(split.count == data.count(.validation))
        var counted: [Int32] = []
        // Blocks of 2 windows, as an evaluation cuts them.
        for first in Swift.stride(from: 0, to: split.count, by: 2) {
            let range = first..<min(split.count, first + 2)
            let block = split.block(range)
            let (inputs, targets) = (block.inputs, block.targets)
            #expect(block.first == first && block.count == range.count)
            #expect(numbers(inputs).map { $0 + 1 } == numbers(targets))
            for (row, window) in range.enumerated() {
                let leftOut = Int(block[2].int32s[row])
                // Who is counted has as much before it as was asked for.
                #expect(leftOut >= (window == 0 ? 0 : context - step))
                counted += numbers(targets)[row * context + leftOut..<(row + 1) * context]
            }
        }
        #expect(counted == (160..<200).map(Int32.init))
        // None of them is trained on, neither as input nor as target.
        let block = EvaluationSplit(data.dataset, .training).block(0..<data.count(.training))
        #expect((numbers(block[0]) + numbers(block[1])).allSatisfy { $0 < 160 })
        #expect((0..<block.count).allSatisfy { block[2].int32s[$0] == 0 })
        #expect(try data.dataset.constants.trainingBytes() == Array(0..<160))
    }

    /// The inputs of some steps, in the order of the shards, however the shards are dealt out.
    private func stream(_ data: OpenedData, ranks: Int, from first: Int = 0, steps: Int = 12) throws
        -> [[Int32]]
    {
        let sampler = Sampler(count: data.count(.training), batch: 10, seed: 4)
        let loaders = try (0..<ranks).map { rank in
            try Loader(
                data.dataset, sampler: sampler, shards: rank * 4 / ranks..<(rank + 1) * 4 / ranks, of: 4,
                from: first,
                depth: 2)
        }
        defer { for loader in loaders { loader.close() } }
        return (0..<steps).map { _ in
            var all: [Int32] = []
            for (rank, loader) in loaders.enumerated() {
                let batch = loader.next()
                for shard in rank * 4 / ranks..<(rank + 1) * 4 / ranks {
                    let (inputs, targets) = (batch.shard(shard).inputs, batch.shard(shard).targets)
                    #expect(inputs.shape == targets.shape && inputs.shape[-1] == 6)
                    #expect(numbers(targets) == numbers(inputs).map { $0 + 1 })
                    all += numbers(inputs)
                }
                loader.release(batch)
            }
            return all
        }
    }

    @Test func theStreamDoesNotDependOnRanksAndContinuesAnywhere() throws {
        let data = try data(250, context: 6, validation: 0.1, randomOffset: true)
        // 224 places for windows of 6, one of which is left to the offset: 36 windows, 4 steps an epoch.
        #expect(data.count(.training) == 36)
        let one = try stream(data, ranks: 1)
        for ranks in 2...4 { #expect(try stream(data, ranks: ranks) == one) }
        #expect(try stream(data, ranks: 3, from: 5, steps: 7) == Array(one[5...]))
        let epochs = stride(from: 0, to: 12, by: 4).map { Array(one[$0..<$0 + 4].joined()) }
        // An epoch covers a contiguous piece of the training part, from an offset below the context.
        let offsets = epochs.map { epoch in
            let sorted = epoch.sorted()
            #expect(sorted == Array(sorted[0]..<sorted[0] + 216) && sorted[0] < 6)
            return sorted[0]
        }
        #expect(Set(offsets).count > 1)
        // Without an offset windows differ in their order alone.
        let fixed = try stream(try self.data(250, context: 6, validation: 0.1), ranks: 1, steps: 8)
        #expect(fixed[..<4].joined().sorted() == fixed[4...].joined().sorted())
        #expect(Array(fixed[..<4].joined()) != Array(fixed[4...].joined()))
    }

    @Test func theTextIsCachedOnceForAllWindows() throws {
        let path = try folder.write("a.txt", bytes(5000))
        func load(_ context: Int) throws -> LoadedData {
            try folder.cache.load(.text(.init(path: path, windows: .init(context: context))))
        }
        let first = try load(8)
        let second = try load(16)
        #expect(first.isMapped && second.isMapped && first.task == .language)
        #expect(first.fingerprint == second.fingerprint && first.training.count == 5000)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache")
        #expect(files.filter { $0.hasSuffix(".data") }.count == 1)
        let (a, b) = (try data(300, context: 8), try data(300, context: 9))
        #expect(a.fingerprint != b.fingerprint)
        #expect(try data(300, context: 8, randomOffset: true).fingerprint != a.fingerprint)
    }

    private func problem(_ work: () throws -> OpenedData) -> DatasetError? {
        do {
            _ = try work()
            return nil
        } catch { return error as? DatasetError }
    }

    @Test func badTexts() throws {
        let empty = problem { try data(0, context: 8) }
        #expect(empty?.kind == .empty && empty?.problem == "the text is empty")
        let short = problem { try data(8, context: 8) }
        #expect(short?.kind == .empty)
        #expect(
            short?.problem == "the text of 8 bytes is too short for one window of context + 1 = 9 bytes")
        let held = problem { try data(100, context: 95, validation: 0.1) }
        #expect(held?.description.contains("90 of them for training") == true)
        #expect(
            problem { try data(100, context: 8, validation: 0.001) }?.problem.contains("none are held")
                == true
        )
        let missing = problem {
            try OpenedData(.text(.init(path: "\(folder.path)/none.txt")), cache: folder.cache)
        }
        #expect(missing?.kind == .missing)
        let directory = problem { try OpenedData(.text(.init(path: folder.path)), cache: folder.cache) }
        #expect(directory?.kind == .unreadable)
        #expect(throws: ComponentError.self) { try data(100, context: 0) }
        #expect(throws: ComponentError.self) { try data(100, context: 8, validation: 1) }
    }

    @Test func aCorpusThatIsNotInstalledSaysHowToInstallIt() throws {
        let king = problem {
            try OpenedData(.kingJames(.init(program: "\(folder.path)/bible")), cache: folder.cache)
        }
        #expect(king?.kind == .missing && king?.advice.contains("scripts/setup") == true)
        let shakespeare = problem {
            try OpenedData(.shakespeare(.init(directory: "\(folder.path)/works")), cache: folder.cache)
        }
        #expect(shakespeare?.kind == .missing)
        #expect(shakespeare?.advice.contains("scripts/setup --with-shakespeare") == true)
        let file = try folder.write("file", "not a folder")
        let unreadable = problem {
            try OpenedData(.shakespeare(.init(directory: file)), cache: folder.cache)
        }
        #expect(unreadable?.kind == .unreadable && unreadable?.file == file)
        #expect(unreadable?.problem.contains("Not a directory") == true, "\(unreadable?.problem ?? "")")
    }

    @Test func programsThatWriteNoBible() throws {
        let failing = problem {
            try OpenedData(.kingJames(.init(program: "/bin/false")), cache: folder.cache)
        }
        #expect(failing?.kind == .unreadable && failing?.problem.contains("status 1") == true)
        #expect(failing?.problem.hasSuffix("and wrote no error message") == true)
        let complaining = try folder.write(
            "complaining",
            "#!/bin/sh\necho Ge1:1 text\necho 'no data file' >&2\necho 'giving up' >&2\nexit 3\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: complaining)
        let said = problem {
            try OpenedData(.kingJames(.init(program: complaining)), cache: folder.cache)
        }
        #expect(
            said?.problem.hasSuffix("ended with status 3 and said: no data file / giving up") == true,
            "\(said?.problem ?? "")")
        let other = problem {
            try OpenedData(.kingJames(.init(program: "/bin/echo")), cache: folder.cache)
        }
        #expect(other?.kind == .format)
    }

    @Test func shakespeareIsPutTogetherByFileName() throws {
        let works = folder.path + "/works"
        try FileManager.default.createDirectory(atPath: works, withIntermediateDirectories: true)
        _ = try folder.write("works/b_gut.txt", "\u{FEFF}one\r\ntwo\r\n")
        _ = try folder.write("works/a_gut.txt", "first\n")
        _ = try folder.write("works/a_gut_f.txt", "folio")
        let data = try folder.cache.load(.shakespeare(.init(directory: works)))
        let text = UnsafeRawBufferPointer(start: data.training.inputs, count: data.training.count)
        #expect(String(decoding: text, as: UTF8.self) == "first\none\ntwo\n")
    }

    @Test func kingJames() throws {
        let program = DataConfiguration.KingJames.defaultProgram
        guard FileManager.default.fileExists(atPath: program) else { return }
        let data = try folder.cache.load(.kingJames(.init()))
        #expect(data.training.count == 4_404_412)
        let windows = try OpenedData(
            .kingJames(.init(windows: .init(context: 128, validation: 0.1))), cache: folder.cache)
        #expect(windows.count(.training) == 30_967 && windows.count(.validation) == 3441)
        #expect(try windows.dataset.constants.trainingBytes().count == 73)
    }
}
