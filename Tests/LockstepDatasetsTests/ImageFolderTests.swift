import Foundation
import LockstepDatasets
import LockstepReaders
import LockstepTensors
import Testing

/// Images in folders of classes.
struct ImageFolderTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Copies fixtures: path below the folder to name of the fixture.
    private func copy(_ files: [String: String], into name: String) throws -> String {
        let root = "\(folder.path)/\(name)"
        for (path, fixture) in files {
            let target = URL(fileURLWithPath: "\(root)/\(path)")
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(ImageFixtures.bytes(fixture)).write(to: target)
        }
        return root
    }

    private func training() throws -> String {
        try copy(
            [
                "b/2.png": "color.png", "b/1.JPG": "color.jpg", "b/deep/er/3.tif": "color.tif",
                "a/x.png": "grey.png",
                "a/y.jpeg": "photo.jpg",
            ], into: "train")
    }

    private func recipe(_ change: (inout ImageFolder) throws -> Void = { _ in }) throws -> ImageFolder {
        var recipe = ImageFolder()
        recipe.train = try training()
        recipe.images = ImageSettings(height: 8, width: 10)
        try change(&recipe)
        return recipe
    }

    private func block(_ dataset: any Dataset, _ split: DatasetSplit) -> (inputs: [Float], targets: [Int32]) {
        let block = EvaluationSplit(dataset, split).block(0..<dataset.count(of: split))
        return (block[0].floatArray, (0..<block.count).map { block[1].int32s[$0] })
    }

    @Test func classesAreTheFoldersInOrder() throws {
        let dataset = try recipe().open(DatasetRequest())
        #expect(dataset.count(of: .training) == 5 && dataset.count(of: .test) == 0)
        #expect(dataset.schema.fields[0].shape == Shape(8, 10, 3))
        #expect(dataset.schema.fields[1].classNames == ["a", "b"] && dataset.classCounts == [2, 3])
        #expect(
            (0..<5).map { dataset.name(of: $0, in: .training) }
                == ["a/x.png", "a/y.jpeg", "b/1.JPG", "b/2.png", "b/deep/er/3.tif"])
        #expect(block(dataset, .training).targets == [0, 0, 1, 1, 1])
        #expect(dataset.failure == nil && dataset.warnings.isEmpty)
    }

    @Test func filesOfAClassThatAreLeftOutAreNamed() throws {
        var recipe = ImageFolder()
        recipe.train = try copy(["a/1.png": "color.png", "b/2.webp": "color.png"], into: "webp")
        do {
            _ = try recipe.open(DatasetRequest())
            Issue.record("a class without images was accepted")
        } catch let error as DatasetError {
            #expect(error.kind == .empty && error.problem.hasSuffix("others are left out, such as b/2.webp"))
            #expect(error.advice == "convert its files, or remove the folder")
        }
    }

    /// A folder above the splits would train a network that tells training images from test images.
    @Test func splitsAreNoClasses() throws {
        var recipe = ImageFolder()
        recipe.train = try copy(["test/a/1.png": "color.png", "Train/a/2.png": "color.png"], into: "photos")
        let warnings = try recipe.open(DatasetRequest()).warnings
        #expect(
            warnings.first?.hasSuffix(
                "the classes are named Train, test, like splits of a data set; "
                    + "if they are splits, name one of these folders instead, such as \(recipe.train)/Train")
                == true,
            "\(warnings)")
        recipe.train = try copy(["test/1.png": "color.png", "other/2.png": "color.png"], into: "tests")
        #expect(try recipe.open(DatasetRequest()).warnings.isEmpty)
    }

    /// Exported networks repeat the preparation.
    @Test func preparationOfInputsNormalizesPixels() throws {
        let recipe = try recipe()
        let dataset = try recipe.open(DatasetRequest())
        let pixels = block(
            try self.recipe { $0.preparation.normalize = .none }.open(DatasetRequest()), .training
        ).inputs
        let preparation = try #require(try recipe.inputPreparation(of: dataset.constants))
        #expect(preparation.scale.count == 3 && preparation.shift.count == 3)
        let inputs = block(dataset, .training).inputs
        for (index, pixel) in pixels.enumerated() {
            let prepared = pixel * preparation.scale[index % 3] + preparation.shift[index % 3]
            #expect(abs(prepared - inputs[index]) < 1e-5)
        }
        let plain = try self.recipe { $0.preparation.normalize = .none }
        let none = try plain.inputPreparation(of: try plain.open(DatasetRequest()).constants)
        #expect(none?.scale.isEmpty != false)
    }

    /// The sample is the decoded, resized and cut image; normalised by the mean and deviation of each channel.
    @Test func samplesAreNormalizedPixels() throws {
        let plain = try recipe { $0.preparation.normalize = .none }.open(DatasetRequest())
        let numbers = block(plain, .training).inputs
        let decoder = ImageDecoder()
        var pixels = [UInt8](repeating: 0, count: 240)
        for (index, name) in ["grey.png", "photo.jpg", "color.jpg", "color.png", "color.tif"].enumerated() {
            let bytes = try ImageFixtures.bytes(name)
            try bytes.withUnsafeBufferPointer {
                let full = try decoder.measure($0, name)
                let crop = ImageCrop(center: full, shorter: 10, windowWidth: 10, windowHeight: 8)
                try decoder.decode($0, channels: 3, reduction: crop.reduction, name)
                try decoder.resize(crop.scaled(from: full, to: decoder.size), to: &pixels, name)
            }
            #expect(Array(numbers[index * 240..<index * 240 + 240]) == pixels.map(Float.init), "\(name)")
        }
        let normalized = block(try recipe().open(DatasetRequest()), .training).inputs
        for channel in 0..<3 {
            func channelOf(_ values: [Float]) -> [Double] {
                stride(from: channel, to: values.count, by: 3).map { Double(values[$0]) }
            }
            let original = channelOf(numbers)
            let mean = original.reduce(0, +) / Double(original.count)
            let deviation = (original.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(original.count))
                .squareRoot()
            for (x, y) in zip(original, channelOf(normalized)) {
                #expect(abs((x - mean) / deviation - y) < 1e-5)
            }
        }
    }

    @Test func testImagesMayHaveNoClasses() throws {
        let new = try copy(["p.png": "alpha.png", "q.jpg": "grey.jpg", "notes.txt": "grey.jpg"], into: "new")
        let recipe = try recipe { $0.test = new }
        let constants = try recipe.open(DatasetRequest()).constants
        // The training folder is not needed any more.
        try FileManager.default.removeItem(atPath: recipe.train)
        let dataset = try recipe.open(DatasetRequest(constants: constants, isTestOnly: true))
        #expect(dataset.count(of: .training) == 0 && dataset.count(of: .test) == 2)
        #expect(!dataset.hasTargets(.test) && dataset.name(of: 1, in: .test) == "q.jpg")
        #expect(dataset.schema.fields[1].classNames == ["a", "b"])
        #expect(dataset.warnings == ["\(new): 1 files with other extensions are left out, such as notes.txt"])
        #expect(try recipe.schema(of: constants) == dataset.schema)
    }

    @Test func classesOfTestImagesAreThoseOfTraining() throws {
        let test = try copy(["b/1.png": "color.png"], into: "test")
        let dataset = try recipe { $0.test = test }.open(DatasetRequest())
        #expect(dataset.hasTargets(.test) && block(dataset, .test).targets == [1])
        let other = try copy(["c/1.png": "color.png"], into: "other")
        let error = #expect(throws: DatasetError.self) {
            try recipe { $0.test = other }.open(DatasetRequest())
        }
        #expect(error?.kind == .labelOutOfRange && error?.file == "\(other)/c")
    }

    @Test func aClassWithoutTrainingImagesIsReported() throws {
        // Two training samples are left: with some seed both are of one class.
        var lacking: [String] = []
        for seed in 0..<20 where lacking.isEmpty {
            let dataset = try recipe {
                $0.preparation.validation = .fraction(0.6)
                $0.preparation.splitSeed = UInt64(seed)
            }.open(DatasetRequest())
            if dataset.classCounts.contains(0) { lacking = dataset.warnings }
        }
        #expect(lacking.contains { $0.contains("in the validation set, but not among the training samples") })
    }

    @Test func validationIsAPartOrAFolder() throws {
        let part = try recipe { $0.preparation.validation = .fraction(0.4) }.open(DatasetRequest())
        #expect(part.count(of: .training) == 3 && part.count(of: .validation) == 2)
        let held = try copy(["a/1.png": "grey.png"], into: "held")
        let folder = try recipe { $0.validationFolder = held }
        #expect(try folder.open(DatasetRequest()).count(of: .validation) == 1 && folder.hasValidation)
        #expect(try folder.open(DatasetRequest()).fingerprint != part.fingerprint)
    }

    @Test func whatIsMissingIsSaid() throws {
        func error(_ change: (inout ImageFolder) throws -> Void) throws -> DatasetError? {
            let recipe = try recipe(change)
            return #expect(throws: DatasetError.self) { try recipe.open(DatasetRequest()) }
        }
        #expect(try error { $0.train = folder.path + "/none" }?.kind == .missing)
        let flat = try copy(["1.png": "color.png"], into: "flat")
        #expect(try error { $0.train = flat }?.kind == .format)
        let single = try copy(["a/1.png": "color.png"], into: "single")
        #expect(try error { $0.train = single }?.kind == .empty)
        try FileManager.default.createDirectory(atPath: single + "/b", withIntermediateDirectories: true)
        let empty = try error { $0.train = single }
        #expect(empty?.kind == .empty && empty?.file == single + "/b")
    }

    /// A damaged file is found when it is written, and says so afterwards.
    @Test func aDamagedFileIsAFailure() throws {
        let recipe = try recipe { $0.preparation.normalize = .none }
        let dataset = try recipe.open(DatasetRequest())
        try Data(ImageFixtures.bytes("color.png").prefix(300)).write(
            to: URL(fileURLWithPath: recipe.train + "/b/2.png"))
        _ = EvaluationSplit(dataset, .training).block(0..<3)
        #expect(dataset.failure == nil)
        #expect(block(dataset, .training).inputs[3 * 240..<4 * 240].allSatisfy { $0 == 0 })
        let error = dataset.failure as? DatasetError
        #expect(error?.kind == .truncated && error?.file == recipe.train + "/b/2.png")
    }

    /// Draws depend on seed, epoch and file alone.
    @Test func randomCropsAreKeyed() throws {
        let dataset = try recipe {
            $0.images.trainCrop = .randomResized
            $0.preparation.augment = [.horizontalFlip(probability: 0.5)]
        }.open(DatasetRequest())
        func epoch(_ epoch: Int, seed: UInt64 = 1, threads: Int = 1) throws -> [Float] {
            let sampler = Sampler(count: 5, batch: 5, seed: seed)
            let loader = try Loader(
                dataset, sampler: sampler, shards: 0..<1, of: 1, from: epoch, depth: 0, threads: threads)
            defer { loader.close() }
            return loader.next().shard(0)[0].floatArray
        }
        let first = try epoch(0)
        #expect(try epoch(0, threads: 3) == first)
        #expect(try epoch(0, seed: 2) != first && epoch(1) != first)
    }

    @Test func aRandomCropLiesWithinTheImage() throws {
        for (width, height) in [(23, 17), (1, 50), (400, 1), (1, 1), (640, 480)] {
            for sample in 0..<200 {
                let crop = RandomResizedCrop.draw(
                    .init(width: width, height: height), minimumArea: 0.08,
                    SampleDraws(seed: 3, epoch: 0).key(sample: sample), windowWidth: 8, windowHeight: 8)
                #expect(crop.x >= 0 && crop.y >= 0 && crop.width >= 1 && crop.height >= 1)
                #expect(crop.x + crop.width <= Double(width) && crop.y + crop.height <= Double(height))
            }
        }
    }
}
