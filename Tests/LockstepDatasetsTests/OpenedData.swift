import LockstepDatasets
import LockstepReaders
import LockstepTasks
import LockstepTensors

/// An opened recipe with what tests ask for.
struct OpenedData {
    let dataset: any Dataset

    init(_ dataset: any Dataset) { self.dataset = dataset }

    /// - Parameters:
    ///   - constants: of a trained network.
    ///   - narrowing: of a run that is resumed.
    init(
        _ recipe: DataConfiguration, constants: DataConstants? = nil, narrowing: DataNarrowing? = nil,
        stride: Int? = nil, cache: DataCache
    ) throws {
        var earlier: DatasetConstants?
        if let narrowing {
            // All that counts is the conversion of numbers.
            var constants = try OpenedData(recipe, cache: cache).constants
            constants?.narrowing = narrowing
            earlier = try constants.map(Self.section)
        }
        dataset = try recipe.open(
            DatasetRequest(
                constants: constants.map(Self.section), earlier: earlier, evaluationStride: stride,
                cache: cache))
    }

    /// The test set alone; nil where the training data were opened, too.
    init?(testOf recipe: DataConfiguration, constants: DataConstants, cache: DataCache) throws {
        dataset = try recipe.open(
            DatasetRequest(constants: Self.section(constants), isTestOnly: true, cache: cache))
        if dataset.count(of: .training) > 0 { return nil }
    }

    private static func section(_ constants: DataConstants) throws -> DatasetConstants {
        var all = DatasetConstants()
        try all.set("data", constants)
        return all
    }

    var constants: DataConstants? { try? dataset.constants.get("data", as: DataConstants.self) }
    var schema: BatchSchema { dataset.schema }
    var sampleShape: Shape { schema.input.shape }
    var classes: Int? { schema.classes }
    var classNames: [String] { schema.target.classNames }
    var classCounts: [Int] { dataset.classCounts }
    var targetWidth: Int { schema.targetWidth }
    var targetMean: [Double] { schema.target.means }
    var targetDeviation: [Double] { schema.target.deviations }
    var fingerprint: String { dataset.fingerprint }
    var warnings: [String] { dataset.warnings }

    func count(_ split: DatasetSplit) -> Int { dataset.count(of: split) }
    func hasTargets(_ split: DatasetSplit) -> Bool { dataset.hasTargets(split) }

    /// All inputs of a split, and its targets as numbers.
    func all(_ split: DatasetSplit) -> (inputs: [Float], targets: [Float]) {
        let split = EvaluationSplit(dataset, split)
        let block = split.block(0..<split.count)
        let (inputs, targets) = (block.inputs, block.targets)
        let numbers =
            targets.dtype == .int32
            ? (0..<targets.elementCount).map { Float(targets.int32s[$0]) } : targets.floatArray
        return (inputs.floatArray, numbers)
    }
}
