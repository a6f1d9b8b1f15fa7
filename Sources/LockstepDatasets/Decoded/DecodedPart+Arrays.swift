import Glibc
import LockstepContracts
import LockstepReaders

extension DecodedPart {
    /// Combines the arrays of inputs and targets.
    /// - Parameters:
    ///   - inputs: [N, ...].
    ///   - targets: [N], or [N, K] for regression and for several labels; nil for samples without targets.
    ///   - targetWidth: K if there are no targets; 0 for a class.
    ///   - sampleExtents: the shape of a sample.
    ///   - preparation: how the inputs are prepared later.
    ///   - narrowing: the conversion of numbers from the training of a network; nil to derive it from these files.
    ///   - classNames: the names of the classes of the training files, empty if their labels are numbers; nil to derive
    ///     them from these files.
    init(
        inputs: RawArray, targets: ArrayContent?, targetWidth: Int = 0, sampleExtents: [Int], task: DataTask,
        preparation: DataPreparation,
        standardizesTargets: Bool, narrowing: DataNarrowing?, classNames: [String]?
    ) throws(DatasetError) {
        try Self.requireMatch(targets, inputs: inputs.path, inputs.extents)
        let inputRule = NarrowingRule(
            isStandardized: preparation.standardizesNumbers, given: narrowing.map(\.inputs))
        let (inputBlock, inputNarrowing) = try Self.numbers(
            inputs, columns: preparation.normalize.groups(of: sampleExtents), inputRule,
            key: "normalize: auto",
            keepingBytes: true)
        let decoded = try Self.targets(
            targets, width: targetWidth, task, standardizesTargets, narrowing, classNames)
        self.init(
            count: inputs.count, sampleExtents: sampleExtents,
            inputType: inputs.element == .uint8 ? .uint8 : .float32, inputs: inputBlock,
            targetWidth: decoded.width, targets: decoded.block,
            narrowing: DataNarrowing(inputs: inputNarrowing, targets: decoded.narrowing),
            hasTargets: targets != nil)
        self.classNames = decoded.names
    }

    /// Inputs that are read from their files when they are needed, with the array of their targets.
    /// - Parameters:
    ///   - targets: nil for samples without targets, for which `targetWidth` numbers are predicted (0 for a class).
    ///   - file: what the files of the inputs are called in messages.
    init(
        streaming rows: StreamedRows, at places: [FileStamp], targets: ArrayContent?, targetWidth: Int = 0,
        sampleExtents: [Int], task: DataTask,
        preparation: DataPreparation, standardizesTargets: Bool, narrowing: DataNarrowing?,
        classNames: [String]?, file: String
    ) throws(DatasetError) {
        try Self.requireMatch(targets, inputs: file, [rows.count] + sampleExtents)
        let stream = try StreamScan(
            SampleStream(rows, at: places, narrowing: nil),
            columns: preparation.normalize.groups(of: sampleExtents),
            NarrowingRule(isStandardized: preparation.standardizesNumbers, given: narrowing.map(\.inputs)),
            file: file
        ).run()
        let decoded = try Self.targets(
            targets, width: targetWidth, task, standardizesTargets, narrowing, classNames)
        self.init(
            count: rows.count, sampleExtents: sampleExtents, inputType: rows.isBytes ? .uint8 : .float32,
            inputs: MemoryBlock(count: 0), targetWidth: decoded.width, targets: decoded.block,
            narrowing: DataNarrowing(inputs: stream.narrowing, targets: decoded.narrowing),
            hasTargets: targets != nil)
        self.stream = stream
        self.classNames = decoded.names
    }

    private static func requireMatch(
        _ targets: ArrayContent?, inputs path: String, _ extents: [Int]
    ) throws(DatasetError) {
        let count = extents.first ?? 0
        if let targets, count != targets.count {
            throw DatasetError(
                .mismatch, targets.path,
                "there are \(targets.count) targets for the \(count) samples of \(path)",
                advice: "check that both are of the same data; samples for predictions need no targets")
        }
        guard !extents.contains(0), !extents.isEmpty else {
            throw DatasetError(.empty, path, "there are no samples", advice: "give a file with samples")
        }
        guard count <= Int(Int32.max) else {
            throw DatasetError(
                .format, path, "\(count) samples are more than the maximum of \(Int32.max)",
                advice: "split the file")
        }
    }

    /// The targets of samples, the number of values per target (0 for a class), their conversion, and the names of classes.
    /// - Parameter targetWidth: the number of values per target if there are no targets.
    private static func targets(
        _ targets: ArrayContent?, width targetWidth: Int, _ task: DataTask, _ standardizesTargets: Bool,
        _ narrowing: DataNarrowing?,
        _ classNames: [String]?
    ) throws(DatasetError) -> (block: MemoryBlock, width: Int, narrowing: NumberNarrowing?, names: [String]) {
        var width = targetWidth
        let targetBlock: MemoryBlock
        var targetNarrowing: NumberNarrowing?
        var names: [String] = []
        switch (task, targets) {
        case (_, nil):
            (targetBlock, targetNarrowing) = (MemoryBlock(count: 0), narrowing?.targets)
        case (.classification, let targets?):
            width = 0
            switch targets {
            case .numbers(let targets): targetBlock = try Self.labels(targets)
            case .texts(let targets): (targetBlock, names) = try Self.labels(targets, classNames)
            }
        case (.regression, let targets?):
            let targets = try targets.requireNumbers()
            width = try Self.width(targets)
            let rule = NarrowingRule(isStandardized: standardizesTargets, given: narrowing.map(\.targets))
            (targetBlock, targetNarrowing) = try Self.numbers(
                targets, columns: width, rule, key: "standardize_targets: true", keepingBytes: false)
        case (.multiLabel, let targets?):
            let targets = try targets.requireNumbers()
            width = try Self.width(targets)
            targetBlock = try Self.flags(targets, columns: width)
        case (.language, _): brokenContract("DecodedPart: a text has no targets")
        }
        return (targetBlock, width, targetNarrowing, names)
    }

    /// The steps of sequences, which have no targets.
    /// - Parameters:
    ///   - steps: [all steps, features].
    ///   - narrowing: the conversion of numbers from training; nil to derive it from these numbers.
    init(
        steps: RawArray, features: Int, isStandardized: Bool, narrowing: NumberNarrowing??
    ) throws(DatasetError) {
        guard steps.elementCount > 0, steps.count <= Int(Int32.max) else {
            throw DatasetError(
                .format, steps.path, "there are \(steps.count) steps of \(features) numbers",
                advice: "give 1 to \(Int32.max) steps of at least one number")
        }
        let (block, used) = try Self.numbers(
            steps, columns: features, NarrowingRule(isStandardized: isStandardized, given: narrowing),
            key: "normalize: auto", keepingBytes: true)
        self.init(
            count: steps.count, sampleExtents: [features],
            inputType: steps.element == .uint8 ? .uint8 : .float32, inputs: block, targetWidth: 0,
            targets: MemoryBlock(count: 0), narrowing: DataNarrowing(inputs: used, targets: nil),
            hasTargets: false)
    }

    /// The number of values of a target.
    private static func width(_ targets: RawArray) throws(DatasetError) -> Int {
        guard targets.extents.count <= 2, targets.elementCount > 0 else {
            throw DatasetError(
                .format, targets.path, "targets have shape \(targets.extents)", advice: "give [N] or [N, K]")
        }
        return targets.elementCount / targets.count
    }

    /// The labels of each sample as zeros and ones in float32.
    private static func flags(_ array: RawArray, columns: Int) throws(DatasetError) -> MemoryBlock {
        let block = MemoryBlock(count: array.elementCount * MemoryLayout<Float>.size)
        let target = block.address.assumingMemoryBound(to: Float.self)
        for index in 0..<array.elementCount {
            let value = array.value(index)
            guard value == 0 || value == 1 else {
                throw DatasetError(
                    .value, array.path, .sample(index / columns),
                    "\(value) in column \(index % columns) is neither 0 nor 1",
                    advice: "give 1 for each label that a sample has, and 0 for the others")
            }
            target[index] = Float(value)
        }
        return block
    }

    /// The numbers as float32; bytes can be kept as bytes.
    private static func numbers(
        _ array: RawArray, columns: Int, _ rule: NarrowingRule, key: String, keepingBytes: Bool
    ) throws(DatasetError) -> (MemoryBlock, NumberNarrowing?) {
        let count = array.elementCount
        if array.element == .uint8 && keepingBytes {
            let block = MemoryBlock(count: count)
            memcpy(block.address, array.address, count)
            return (block, nil)
        }
        let block = MemoryBlock(count: count * MemoryLayout<Float>.size)
        let target = block.address.assumingMemoryBound(to: Float.self)
        if array.element == .float32 {
            memcpy(target, array.address, block.count)
        } else {
            for index in 0..<count { target[index] = Float(array.value(index)) }
        }
        // The sum of x - x is 0 for finite numbers and NaN otherwise: one fast pass detects whether to search for the number.
        var difference: Float = 0
        for index in 0..<count { difference += target[index] - target[index] }
        if difference != 0 || difference.isNaN, let bad = (0..<count).first(where: { !target[$0].isFinite }) {
            throw DatasetError(
                .value, array.path, .sample(bad / max(1, count / array.count)),
                "the number \(array.value(bad)) is not finite\(array.element == .float64 ? " as float32" : "")",
                advice: "replace it before training")
        }
        let narrowing = try rule.decide(
            columns: columns, count: count, file: array.path,
            name: { columns == 1 ? "the numbers" : "column \($0)" }, key: key,
            { array.difference($0, from: $1) })
        guard let narrowing else { return (block, nil) }
        for index in 0..<count {
            target[index] = narrowing.narrow(index % columns) { array.difference(index, from: $0) }
            guard target[index].isFinite else {
                throw DatasetError(
                    .value, array.path, .sample(index / max(1, count / array.count)),
                    "the number \(array.value(index)) is too far outside the range of the training data",
                    advice: "correct it")
            }
        }
        return (block, narrowing)
    }
}
