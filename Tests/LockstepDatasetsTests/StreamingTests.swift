import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Inputs that are read from their files when they are needed give the bits of inputs that are decoded as a whole.
@Suite struct StreamingTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// The streamed and the decoded data of a recipe are equal, and so is what the training split decides.
    private func expectEqual(_ recipe: DataConfiguration.NPY, _ name: String = "") throws {
        let whole = try OpenedData(.npy(recipe), cache: folder.cache)
        var streamed = recipe
        streamed.memory = 0
        // Scanned, and from the description in the cache.
        for _ in 0..<2 {
            let data = try OpenedData(.npy(streamed), cache: folder.cache)
            #expect(data.dataset.readAheadByteCount > 0 && whole.dataset.readAheadByteCount == 0, "\(name)")
            #expect(data.fingerprint == whole.fingerprint && data.constants == whole.constants, "\(name)")
            for split in DatasetSplit.allCases {
                #expect(data.all(split) == whole.all(split), "\(name) \(split)")
            }
            #expect(data.dataset.failure == nil)
        }
    }

    private func fixture(_ set: String, file: String = "rows.h5") -> DataConfiguration.NPY {
        var recipe = DataConfiguration.NPY(
            trainInputs: ArrayFixture.path("\(file):\(set)"),
            trainTargets: ArrayFixture.path("\(file):labels"),
            validation: .fraction(0.3))
        recipe.testInputs = recipe.trainInputs
        recipe.testTargets = recipe.trainTargets
        return recipe
    }

    @Test(arguments: ["whole", "rows", "bytes", "doubles", "parts", "swapped", "packed"])
    func hdf5(_ set: String) throws {
        try expectEqual(fixture(set), set)
        try expectEqual(fixture(set, file: "user_block.h5"), set)
    }

    /// What lies in the file as it is needs no other file; everything else is unpacked to the cache.
    @Test(arguments: [
        ("whole", false), ("rows", false), ("bytes", false), ("doubles", false), ("parts", true),
        ("swapped", true), ("packed", true),
    ])
    func whatIsUnpacked(_ set: String, _ isUnpacked: Bool) throws {
        var recipe = fixture(set)
        recipe.memory = 0
        _ = try OpenedData(.npy(recipe), cache: folder.cache)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache")
        #expect(files.contains { $0.hasPrefix("unpacked-") } == isUnpacked, "\(files)")
    }

    @Test(arguments: ArrayFixture.numbers)
    func everyType(_ name: String) throws {
        // They have another number of rows.
        guard name != "fortran", name != "images" else { return }
        let labels = ArrayFixture.path("names.npy")
        for file in ["\(name).npy", "stored.npz:\(name)", "deflated.npz:\(name)", "all.h5:\(name)"] {
            try expectEqual(
                .init(
                    trainInputs: ArrayFixture.path(file), trainTargets: labels,
                    normalize: name.hasPrefix("int") ? .none : .automatic), file)
        }
    }

    /// Rows of arrays in Fortran order are collected in a file of the cache.
    @Test(arguments: ["<f4", ">f8", "|u1", "<i2"]) func fortranOrder(_ type: String) throws {
        let (rows, shape) = (150, [3, 4, 5])
        let size = Int(String(type.last ?? "1")) ?? 1
        let count = rows * shape.reduce(1, *)
        func file(_ name: String, isFortran: Bool, _ index: (Int) -> Int) throws -> String {
            var bytes: [UInt8] = []
            for number in 0..<count {
                let value = (index(number) * 7919) % 251
                let parts: [UInt8]
                switch type {
                case "<f4": parts = withUnsafeBytes(of: Float(value)) { Array($0) }
                case ">f8": parts = withUnsafeBytes(of: Double(value)) { $0.reversed() }
                case "<i2": parts = withUnsafeBytes(of: Int16(value)) { Array($0) }
                default: parts = [UInt8(value)]
                }
                bytes += parts
            }
            #expect(bytes.count == count * size)
            return try folder.npy(
                name, type, "(\(rows), 3, 4, 5)", fortran: isFortran, bytes)
        }
        let labels = try folder.npy("labels.npy", "|u1", "(\(rows),)", (0..<rows).map { UInt8($0 % 3) })
        let plain = try file("c.npy", isFortran: false) { $0 }
        // The position in the file runs over the first index fastest.
        let fortran = try file("f.npy", isFortran: true) { place in
            let (n, i, j, k) = (place % rows, place / rows % 3, place / rows / 3 % 4, place / rows / 12)
            return ((n * 3 + i) * 4 + j) * 5 + k
        }
        var recipe = DataConfiguration.NPY(
            trainInputs: fortran, trainTargets: labels, validation: .fraction(0.3))
        try expectEqual(recipe, type)
        recipe.memory = 0
        let streamed = try OpenedData(.npy(recipe), cache: folder.cache)
        recipe.trainInputs = DataFiles(plain)
        let inPlace = try OpenedData(.npy(recipe), cache: folder.cache)
        #expect(streamed.fingerprint == inPlace.fingerprint)
        #expect(streamed.all(.training) == inPlace.all(.training))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache")
        #expect(files.count { $0.hasPrefix("unpacked-") } == 1, "\(files)")
    }

    /// Several blocks of rows, of which the last is short.
    @Test func blocksOfFortranOrder() throws {
        let (rows, columns) = (7, 4)
        // Number k of row n is at n + 7 k in the file, and is 4 n + k.
        let bytes = (0..<rows * columns).map { UInt8($0 % rows * columns + $0 / rows) }
        let path = try folder.npy("f.npy", "|u1", "(7, 4)", fortran: true, bytes)
        var (numbers, sizes): ([UInt8], [Int]) = ([], [])
        try TransposedArray(ArrayName(path: path, name: nil), blockByteCount: 3 * columns)
            .rows { (block: UnsafeRawBufferPointer) throws(DatasetError) in
                numbers += Array(block)
                sizes.append(block.count)
            }
        #expect(sizes == [12, 12, 4] && numbers == (0..<28).map { UInt8($0) })
    }

    @Test func compressedFiles() throws {
        for name in ["float64.npy.gz", "float64.npy.zst"] {
            try expectEqual(
                .init(trainInputs: ArrayFixture.path(name), trainTargets: ArrayFixture.path("names.npy")),
                name)
        }
    }

    /// A file of float32 [count, extents], and labels.
    private func arrays(
        _ name: String, count: Int, _ extents: String, width: Int, shift: Double = 0
    ) throws -> (inputs: String, labels: String) {
        let numbers = (0..<count * width).map { Float(shift + Double(($0 * 7919) % 1009) / 100) }
        let inputs = try folder.npy(
            "\(name).npy", "<f4", "(\(count), \(extents))", numbers.withUnsafeBytes { Array($0) })
        let labels = try folder.npy(
            "\(name)-labels.npy", "|u1", "(\(count),)", (0..<count).map { UInt8($0 % 3) })
        return (inputs, labels)
    }

    @Test func channelsFirst() throws {
        let (inputs, labels) = try arrays("images", count: 20, "3, 4, 5", width: 60)
        var recipe = DataConfiguration.NPY(
            trainInputs: inputs, trainTargets: labels, layout: .channelsFirst,
            validation: .fold(index: 1, of: 4),
            augment: [.randomCrop(padding: 1), .cutout(size: 2)])
        try expectEqual(recipe)
        recipe.preparation.augment = []
        try expectEqual(recipe)
        try expectEqual(
            .init(
                trainInputs: try arrays("grey", count: 20, "4, 5", width: 20).inputs, trainTargets: labels,
                layout: .grey))
    }

    @Test func shardsAndValidationFiles() throws {
        let parts = try (0..<3).map { try arrays("part\($0)", count: 5 + $0, "2, 2", width: 4, shift: 0.1) }
        let other = try arrays("other", count: 9, "2, 2", width: 4, shift: 3)
        var recipe = DataConfiguration.NPY(trainInputs: "", trainTargets: "")
        recipe.trainInputs = DataFiles(parts.map(\.inputs))
        recipe.trainTargets = DataFiles(parts.map(\.labels))
        (recipe.validationInputs, recipe.validationTargets) = (
            DataFiles(other.inputs), DataFiles(other.labels)
        )
        try expectEqual(recipe)
    }

    /// Columns far from zero are narrowed; a resumed run narrows as before.
    @Test func narrowing() throws {
        let (inputs, labels) = try arrays("far", count: 30, "2", width: 2, shift: 100_000)
        let recipe = DataConfiguration.NPY(trainInputs: inputs, trainTargets: labels)
        let constants = try OpenedData(.npy(recipe), cache: folder.cache).constants
        #expect(constants?.narrowing != nil)
        try expectEqual(recipe)
        var streamed = recipe
        streamed.memory = 0
        for narrowing in [constants?.narrowing, DataNarrowing()] {
            #expect(
                try OpenedData(.npy(streamed), narrowing: narrowing, cache: folder.cache).all(.training)
                    == OpenedData(.npy(recipe), narrowing: narrowing, cache: folder.cache).all(.training))
        }
    }

    @Test func testSetAlone() throws {
        var recipe = fixture("rows")
        let constants = try #require(try OpenedData(.npy(recipe), cache: folder.cache).constants)
        let whole = try #require(
            try OpenedData(testOf: .npy(recipe), constants: constants, cache: folder.cache))
        recipe.memory = 0
        let data = try #require(
            try OpenedData(testOf: .npy(recipe), constants: constants, cache: folder.cache))
        #expect(data.dataset.readAheadByteCount > 0 && data.all(.test) == whole.all(.test))
    }

    @Test func numbersThatCannotBeUsed() throws {
        var recipe = DataConfiguration.NPY(
            trainInputs: try folder.npy(
                "bad.npy", "<f4", "(3, 1)",
                [1, .infinity, 2].map { (number: Float) in number }.withUnsafeBytes { Array($0) }),
            trainTargets: try folder.npy("y.npy", "|u1", "(3,)", [0, 1, 0]))
        for memory in [nil, 0] {
            recipe.memory = memory
            let error = #expect(throws: DatasetError.self) {
                try OpenedData(.npy(recipe), cache: folder.cache)
            }
            #expect(error?.kind == .value && error?.place == .sample(1), "\(String(describing: error))")
            #expect(error?.problem == "the number inf is not finite")
        }
    }

    // MARK: Files that change

    private func streamed() throws -> (recipe: DataConfiguration, inputs: String) {
        let (inputs, labels) = try arrays("large", count: 200, "8", width: 8)
        var recipe = DataConfiguration.NPY(trainInputs: inputs, trainTargets: labels)
        recipe.memory = 0
        return (.npy(recipe), inputs)
    }

    @Test func truncatedFile() throws {
        let (recipe, inputs) = try streamed()
        let data = try OpenedData(recipe, cache: folder.cache)
        #expect(truncate(inputs, 1000) == 0)
        _ = data.all(.training)
        let error = try #require(data.dataset.failure as? DatasetError)
        #expect(error.kind == .truncated || error.kind == .mismatch, "\(error)")
        #expect(error.file == inputs)
    }

    @Test func changedFile() throws {
        let (recipe, inputs) = try streamed()
        let data = try OpenedData(recipe, cache: folder.cache)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 5)], ofItemAtPath: inputs)
        _ = data.all(.training)
        let error = try #require(data.dataset.failure as? DatasetError)
        #expect(error.kind == .mismatch && error.file == inputs, "\(error)")
    }

    /// Sampled blocks notice other contents that have the old time of change.
    @Test func changedContentsOfEqualTime() throws {
        let (recipe, inputs) = try streamed()
        let before = try OpenedData(recipe, cache: folder.cache)
        let date = try FileManager.default.attributesOfItem(atPath: inputs)[.modificationDate]
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: inputs))
        try file.seek(toOffset: 3000)
        try file.write(contentsOf: Data([1, 2, 3, 60]))
        try file.close()
        try FileManager.default.setAttributes([.modificationDate: try #require(date)], ofItemAtPath: inputs)
        let after = try OpenedData(recipe, cache: folder.cache)
        #expect(after.fingerprint != before.fingerprint)
    }

    // MARK: Copies

    private func copies() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/local/lockstep-\(geteuid())")
            .sorted()
    }

    @Test func staging() throws {
        let (whole, inputs) = try streamed()
        guard case .npy(var recipe) = whole else { return }
        recipe.stageTo = folder.path + "/local"
        let data = try OpenedData(.npy(recipe), cache: folder.cache)
        let first = try copies()
        #expect(first.count == 1 && first[0].hasPrefix("staged-"), "\(first)")
        #expect(try data.all(.training) == OpenedData(whole, cache: folder.cache).all(.training))
        // The copy is read.
        #expect(truncate(inputs, 1000) == 0)
        _ = data.all(.training)
        #expect(data.dataset.failure == nil)
        // A changed file is copied again, an unchanged one is not.
        _ = try streamed()
        _ = try OpenedData(.npy(recipe), cache: folder.cache)
        let second = try copies()
        #expect(second.count == 2, "\(second)")
        _ = try OpenedData(.npy(recipe), cache: folder.cache)
        #expect(try copies() == second)
    }

    @Test(arguments: ["$LOCKSTEP_NO_SUCH_VARIABLE", "${LOCKSTEP", "/dev/null/x"])
    func noPlaceForCopies(_ place: String) throws {
        guard case .npy(var recipe) = try streamed().recipe else { return }
        recipe.stageTo = place
        let error = #expect(throws: DatasetError.self) { try OpenedData(.npy(recipe), cache: folder.cache) }
        #expect(error?.problem.hasPrefix("data.npy.stage_to: ") == true, "\(String(describing: error))")
    }

    // MARK: Loader

    /// Reading ahead changes nothing, on any number of ranks and from any step on.
    @Test func loaders() throws {
        let (streamed, _) = try streamed()
        guard case .npy(var recipe) = streamed else { return }
        recipe.memory = nil
        func batches(_ recipe: DataConfiguration, ranks: Int, from: Int = 0) throws -> [[Float]] {
            let data = try recipe.open(DatasetRequest(cache: folder.cache))
            let sampler = Sampler(count: data.count(of: .training), batch: 24, seed: 3)
            let loaders = try (0..<ranks).map { rank in
                try Loader(
                    data, sampler: sampler, shards: rank * 6 / ranks..<(rank + 1) * 6 / ranks, of: 6,
                    from: from,
                    depth: 1, threads: 2)
            }
            defer { for loader in loaders { loader.close() } }
            return (from..<20).map { _ in
                loaders.enumerated().flatMap { rank, loader in
                    let batch = loader.next()
                    defer { loader.release(batch) }
                    return (rank * 6 / ranks..<(rank + 1) * 6 / ranks).flatMap { shard in
                        batch.shard(shard).count == 0 ? [] : batch.shard(shard)[0].floatArray
                    }
                }
            }
        }
        let whole = try batches(.npy(recipe), ranks: 1)
        for ranks in 1...3 { #expect(try batches(streamed, ranks: ranks) == whole) }
        #expect(try batches(streamed, ranks: 2, from: 11) == Array(whole[11...]))
    }
}
