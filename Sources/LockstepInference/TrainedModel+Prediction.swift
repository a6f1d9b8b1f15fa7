import Foundation
import LockstepAutograd
import LockstepCheckpoints
import LockstepDatasets
import LockstepFiles
import LockstepProcess
import LockstepRunLog
import LockstepTasks
import LockstepTensors

extension TrainedModel {
    /// Writes what the model says of every sample of a set to a CSV file, in the set's order. Collective; rank 0 writes.
    ///
    /// A classification has the columns `sample`, of files also `file`, of a table those under `id`, `target`, `prediction` and the
    /// probability of each class; a regression
    /// `sample`, and for each value `target` and `prediction`, in the data's own units. Of a table without the target column there
    /// is no `target`. Numbers read back as the same bits, and do not depend on the number of ranks.
    ///
    /// - Parameter path: the file, which is replaced; `-` for the standard output.
    /// - Returns: the number of samples.
    /// - Throws: `AgreedFailure` when the data have no such set, or are a text, or the file cannot be written.
    @discardableResult
    public func predict(_ part: DatasetPart, to path: String) throws -> Int {
        if let refusal = task.predictionRefusal {
            try communicator.together { throw TrainingError.model(refusal) }
        }
        let split = try split(part).split
        let file = try communicator.together { communicator.rank == 0 ? try PredictionFile(path) : nil }
        let blockSize = configuration.evaluationBlock
        let blocks = (split.count + blockSize - 1) / blockSize
        let tape = Tape(pool: StoragePool(), precision: configuration.precision)
        var batch: Batch?
        // A round is a block for every rank: so no rank holds more than one round of results.
        for round in stride(from: 0, to: blocks, by: communicator.size) {
            let block = round + communicator.rank
            let lines = try communicator.together { () throws -> [UInt8] in
                guard block < blocks else { return [] }
                let samples = split.block(block * blockSize..<min(split.count, (block + 1) * blockSize))
                if let failure = split.dataset.failure { throw failure }
                let current = batch ?? Batch(samples, tape: tape)
                batch = current
                current.begin(samples, hasTargets: split.hasTargets)
                tape.begin(mode: .inference, parameterVersion: 1)
                let fields = try names(samples, of: split) + task.predict(current)
                if let failure = tape.failure { throw failure }
                return (block == 0 ? PredictionLines.header(fields) : [])
                    + PredictionLines.lines(first: samples.first, fields)
            }
            let parts = try communicator.allGather(lines)
            try communicator.together { for part in parts { try file?.write(part) } }
        }
        tape.clear()
        try communicator.together { try file?.close() }
        return split.count
    }

    /// The columns of the names of samples, and of other texts that pass through; none where they have none.
    private func names(_ samples: FieldTensors, of split: EvaluationSplit) -> [PredictedField] {
        let names = (samples.first..<samples.first + samples.count).compactMap {
            split.dataset.name(of: $0, in: split.split)
        }
        let columns = split.dataset.identifierNames
        guard !columns.isEmpty else { return names.isEmpty ? [] : [PredictedField("file", texts: names)] }
        let texts = (samples.first..<samples.first + samples.count).map {
            split.dataset.identifiers(of: $0, in: split.split)
        }
        return (names.isEmpty ? [] : [PredictedField("file", texts: names)])
            + columns.enumerated().map { column, name in
                PredictedField(name, texts: texts.map { column < $0.count ? $0[column] : "" })
            }
    }

    /// Whether the samples of a set have targets: a table to be predicted may be without the column. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data cannot be read, or have no such set.
    public func hasTargets(_ part: DatasetPart) throws -> Bool { try split(part).split.hasTargets }

    /// What a user should know of a set's data, such as columns that are ignored. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data cannot be read, or have no such set.
    public func warnings(_ part: DatasetPart) throws -> [String] { try split(part).dataset.warnings }
}

/// The file of predictions. It appears at its path when all of them are written.
final class PredictionFile {
    private let path: String
    /// Nil for the standard output.
    private let file: AtomicFile?

    init(_ path: String) throws {
        try HomePath.require(path, option: "--output")
        self.path = path
        do throws(FileError) {
            file = try path == "-" ? nil : AtomicFile(replacing: path)
        } catch {
            throw PredictionFile.failure(path, error)
        }
    }

    func write(_ bytes: [UInt8]) throws {
        guard let file else { return try StandardStream.output.write(bytes) }
        do {
            try bytes.withUnsafeBytes { try file.write($0) }
        } catch let error as FileError {
            throw PredictionFile.failure(path, error)
        }
    }

    /// Moves the file to its path.
    func close() throws(RunLogError) {
        do throws(FileError) {
            try file?.commit()
        } catch {
            throw PredictionFile.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: FileError) -> RunLogError {
        RunLogError(path, "cannot be written", error, option: "--output")
    }
}
