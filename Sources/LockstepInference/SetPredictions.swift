import LockstepAutograd
import LockstepDatasets
import LockstepTasks
import LockstepTensors

/// The predictions of every sample of a set, by what the task predicts: for curves and tables over all of them.
public enum SetPredictions: Sendable, Equatable {
    /// One class for each sample.
    case classes(ClassPredictions)
    /// Any number of labels for each sample.
    case labels(LabelPredictions)
    /// One or more numbers for each sample.
    case numbers(NumberPredictions)

    /// The number of samples.
    public var count: Int {
        switch self {
        case .classes(let predictions): predictions.count
        case .labels(let predictions): predictions.count
        case .numbers(let predictions): predictions.count
        }
    }

    /// No samples yet; nil for columns of none of the kinds.
    init?(kindOf fields: [PredictedField]) {
        if let classes = ClassPredictions.classes(of: fields) {
            self = .classes(ClassPredictions(classes: classes))
        } else if let labels = LabelPredictions.labels(of: fields) {
            self = .labels(LabelPredictions(labels: labels))
        } else if let names = NumberPredictions.names(of: fields) {
            self = .numbers(NumberPredictions(names: names))
        } else {
            return nil
        }
    }

    /// The samples of a block as numbers, which `append` reads.
    func numbers(of fields: [PredictedField]) -> [Double] {
        switch self {
        case .classes(let all): ClassPredictions.numbers(of: fields, classes: all.classes)
        case .labels(let all): LabelPredictions.numbers(of: fields, labels: all.labels)
        case .numbers(let all): NumberPredictions.numbers(of: fields, names: all.names)
        }
    }

    mutating func append(_ numbers: [Double]) {
        switch self {
        case .classes(var all):
            all.append(numbers)
            self = .classes(all)
        case .labels(var all):
            all.append(numbers)
            self = .labels(all)
        case .numbers(var all):
            all.append(numbers)
            self = .numbers(all)
        }
    }
}

extension TrainedModel {
    /// The predictions of every sample of a set. Collective; every rank gets all.
    ///
    /// - Throws: `AgreedFailure` when the data have no such set, it has no targets, or the task predicts neither classes nor labels nor
    ///   numbers.
    public func setPredictions(_ part: DatasetPart) throws -> SetPredictions {
        let split = try split(part).split
        try communicator.together {
            if let refusal = task.predictionRefusal { throw TrainingError.model(refusal) }
            guard split.hasTargets else {
                throw TrainingError.model(
                    "the \(part.rawValue) set has no targets, with which predictions could be compared")
            }
        }
        let blockSize = configuration.evaluationBlock
        let blocks = (split.count + blockSize - 1) / blockSize
        let tape = Tape(pool: StoragePool(), precision: configuration.precision)
        defer { tape.clear() }
        func predict(_ block: Int) throws -> [PredictedField] {
            let samples = split.block(block * blockSize..<min(split.count, (block + 1) * blockSize))
            let batch = Batch(samples, tape: tape)
            batch.begin(samples, hasTargets: true)
            tape.begin(mode: .inference, parameterVersion: 1)
            let fields = try task.predict(batch)
            if let failure = tape.failure { throw failure }
            return fields
        }
        var collected: [[Double]] = []
        var kind: SetPredictions?
        for round in stride(from: 0, to: blocks, by: communicator.size) {
            let block = round + communicator.rank
            let numbers = try communicator.together { () throws -> [Double] in
                // A rank without a block of the last round computes the first one for the names.
                guard block < blocks || kind == nil else { return [] }
                let fields = try predict(block < blocks ? block : 0)
                guard let found = kind ?? SetPredictions(kindOf: fields) else {
                    throw TrainingError.model(
                        "this task predicts neither a class nor labels nor numbers of its targets, so that "
                            + "there are no pictures of an evaluation"
                    )
                }
                kind = found
                return block < blocks ? found.numbers(of: fields) : []
            }
            for part in try communicator.allGather(numbers.withUnsafeBytes { Array($0) }) {
                collected.append(
                    part.withUnsafeBytes { raw in
                        (0..<raw.count / 8).map {
                            raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
                        }
                    })
            }
        }
        var all = kind ?? .classes(ClassPredictions(classes: []))
        for numbers in collected { all.append(numbers) }
        return all
    }
}
