import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Targets that are probably not the classes that they are taken for.
@Suite struct ClassTargetTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func warnings(_ recipe: DataConfiguration) throws -> [String] {
        let data = try OpenedData(recipe, cache: folder.cache)
        // The second time they come from the cache.
        #expect(try OpenedData(recipe, cache: folder.cache).warnings == data.warnings)
        return data.warnings
    }

    private func table(
        _ targets: [String], validation: ValidationSplit = .none, splitSeed: UInt64 = 0
    ) throws -> DataConfiguration {
        let rows = targets.enumerated().map { "\($0),\($1)\n" }.joined()
        return .csv(
            .init(
                train: try folder.write("t.csv", "x,y\n" + rows), target: "y", validation: validation,
                splitSeed: splitSeed))
    }

    private func array(_ labels: [Int64], classes: Int? = nil) throws -> DataConfiguration {
        let inputs = try folder.npy(
            "x.npy", "|u1", "(\(labels.count), 1)", labels.indices.map { UInt8($0 % 251) })
        let targets = try folder.npy(
            "y.npy", "<i8", "(\(labels.count),)", labels.withUnsafeBytes { Array($0) })
        return .npy(.init(trainInputs: inputs, trainTargets: targets, classes: classes))
    }

    private func idx(_ labels: [UInt8], classes: Int? = nil) throws -> DataConfiguration {
        .idx(
            .init(
                trainImages: try folder.idx(
                    "i", [labels.count, 1, 1], labels.indices.map { UInt8($0 % 251) }),
                trainLabels: try folder.idx("l", [labels.count], labels), classes: classes))
    }

    @Test(arguments: [8, 200, 3000]) func pricesWithFractions(_ rows: Int) throws {
        let recipe = try table((0..<rows).map { "\(Double($0 % 700) + 0.25)" })
        #expect {
            try OpenedData(recipe, cache: folder.cache)
        } throws: { error in
            guard let error = error as? DatasetError, error.kind == .value else { return false }
            return error.problem.contains("with fractions") && error.advice.contains("task: regression")
        }
    }

    @Test func whatMayBeMeantIsAWarning() throws {
        let ratings = try warnings(try table((0..<200).map { "\(Double($0 % 10) / 2)" }))
        #expect(ratings.count == 1 && ratings[0].contains("10 different numbers with fractions, such as 0.5"))
        let prices = try warnings(try table((0..<2000).map { "\(326 + $0 % 700 * 3)" }))
        #expect(
            prices.count == 1
                && prices[0].contains("the target 'y' has 700 different numbers, like a quantity"))
        let dollars = try warnings(try array((0..<2000).map { Int64(326 + $0 % 700 * 3) }))
        #expect(
            dollars.count == 1
                && dollars[0].contains("the target has 700 different numbers, like a quantity"))
        let once = try warnings(try array((0..<150).map { Int64($0) }))
        #expect(once.count == 1 && once[0].contains("150 different numbers"))
    }

    @Test func labelsThatCountFromOne() throws {
        for recipe in [
            try array([1, 2, 3, 1, 2, 3]), try idx([1, 2, 3, 1, 2, 3]),
            try array([1, 2, 3, 1, 2, 3], classes: 4),
        ] {
            let told = try warnings(recipe)
            #expect(
                told.count == 1 && told[0].contains("labels are 1 to 3, but classes are numbered from 0"),
                "\(told)")
        }
        for recipe in [try array([1, 2, 3, 1, 2, 3], classes: 3), try idx([1, 2, 3, 1, 2, 3], classes: 3)] {
            #expect {
                try OpenedData(recipe, cache: folder.cache)
            } throws: { error in
                guard let error = error as? DatasetError else { return false }
                return error.kind == .labelOutOfRange && error.advice.contains("subtract 1 from the labels")
            }
        }
        let gaps = try warnings(try idx([0, 5, 0, 5]))
        #expect(gaps.count == 1 && gaps[0].contains("4 of 6 classes never occur (1, 2, 3, 4)"))
        #expect(try warnings(try idx([0, 5, 0, 5], classes: 6)).isEmpty)
    }

    @Test func classesWithFewSamples() throws {
        let single = try warnings(try table(["a", "a", "b", "b", "rare"]))
        #expect(single.count == 1 && single[0].contains("class 'rare' has a single sample"))
        let several = try warnings(try array([0, 0, 1, 2]))
        #expect(several.count == 1 && several[0].contains("2 of 3 classes have a single sample (1, 2)"))
    }

    @Test func classesThatTrainingLacks() throws {
        let targets = (0..<40).map { $0 < 38 ? ["a", "b"][$0 % 2] : "late" }
        let told = try (0..<30).map { seed in
            try warnings(try table(targets, validation: .fraction(0.5), splitSeed: seed))
        }
        // In about every fourth split validation has both of its samples.
        #expect((1..<25).contains(told.count { !$0.isEmpty }))
        let text =
            "class 'late' is in the validation set, but not among the training samples, so a model cannot learn it"
        #expect(told.allSatisfy { $0.isEmpty || $0 == [text] })
        let labels = try folder.idx("tl", [2], [0, 2])
        let images = try folder.idx("ti", [2, 1, 1], [7, 8])
        guard case .idx(var recipe) = try idx([0, 1, 0, 1], classes: 3) else { return }
        (recipe.testImages, recipe.testLabels) = (DataFiles(images), DataFiles(labels))
        let test = try warnings(.idx(recipe))
        #expect(
            test == [
                "class '2' is in the test set, but not among the training samples, so a model cannot learn it"
            ])
    }

    /// Names of one class that has been spelt in two ways make two classes, which training cannot tell.
    @Test(arguments: [
        (["1", "1.0", "0"], "'1' and '1.0'"), (["yes", "no", "Yes"], "'Yes' and 'yes'"),
        (["x", "y", "x\u{A0}"], "'x' and 'x\\u{A0}'"), (["x", "x\u{200B}", "y"], "'x' and 'x\\u{200B}'"),
        (["new york", "new\u{A0}york", "rome"], "'new york' and 'new\\u{A0}york'"),
        (["1e2", "100", "7"], "'100' and '1e2'"),
    ]) func classesThatAreSpeltInTwoWays(_ names: [String], _ pair: String) throws {
        let found = try warnings(try table((0..<60).map { names[$0 % 3] }))
        #expect(
            found.map { $0.split(separator: ": ", maxSplits: 1).last.map(String.init) } == [
                "the classes \(pair) differ only in their spelling; if they are the same class, give them the same spelling"
            ])
    }

    @Test func ordinaryClassesAreNoWarning() throws {
        let ordinary = [
            try table((0..<60).map { ["1", "2", "3"][$0 % 3] }), try table((0..<60).map { "\($0 % 3).0" }),
            try table((0..<60).map { ["x", "0.5"][$0 % 2] }), try array((0..<1500).map { Int64($0 % 150) }),
            try idx((0..<100).map { UInt8($0 % 10) }),
            .synthetic(.init(samples: 300, shape: [4], classes: 10, validation: .fraction(0.1))),
        ]
        for recipe in ordinary { #expect(try warnings(recipe).isEmpty, "\(recipe)") }
    }
}
