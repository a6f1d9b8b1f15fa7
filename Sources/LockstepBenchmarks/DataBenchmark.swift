import LockstepDatasets
import LockstepExperiment
import LockstepText
import LockstepTimeline
import LockstepTraining

/// Measures how many samples a second the loader's threads of one rank prepare: reading, decoding and random changes, without
/// training.
public struct DataBenchmark {
    private let data: TrainingData
    private let batch: Int
    private let threads: Int

    /// Opens the data of a run file.
    /// - Throws: what is wrong with the run file or the data.
    public init(runFile: RunFile) throws {
        let configuration = try runFile.configuration.resolved(ranks: 1, at: runFile.locations)
        let dataset = try configuration.data.open(DatasetRequest())
        data = try TrainingData(dataset, configuration: configuration, shards: 0..<1, of: 1)
        batch = configuration.batch
        threads = configuration.loaderThreads
    }

    /// Prepares batches, one after the other.
    /// - Parameters:
    ///   - steps: the number of batches of a repetition.
    ///   - warmup: the number of batches before the first repetition.
    /// - Returns: the samples a second of each repetition.
    /// - Throws: what goes wrong when samples are written; `ThreadError`.
    public func run(steps: Int, warmup: Int, repetitions: Int) throws -> Report {
        try data.start(at: 0)
        defer { data.close() }
        func samples(_ steps: Int) throws -> Int {
            var count = 0
            for _ in 0..<steps {
                let batch = try data.next()
                count += batch.sampleCount
                data.release(batch)
            }
            return count
        }
        _ = try samples(warmup)
        let speeds = try (0..<repetitions).map { _ in
            let begin = StepTimeline.now
            let count = try samples(steps)
            return Double(count) / (Double(StepTimeline.now - begin) * 1e-9)
        }
        return Report(
            samplesName: data.samplesName, batch: batch, threads: threads, speeds: speeds)
    }

    /// What a measurement came to.
    public struct Report {
        let samplesName: String
        let batch: Int
        let threads: Int
        /// The samples a second of each repetition.
        public let speeds: [Double]

        /// The quartiles, for people.
        public var table: String {
            let speed = Quartiles(speeds)
            func text(_ value: Double) -> String { decimals(value, 0) }
            return TextTable.aligned([
                ["loader threads", "\(threads)"], ["batch", "\(batch)"],
                [
                    "\(samplesName) per second",
                    "\(text(speed.median)) (quartiles \(text(speed.lower)) to \(text(speed.upper)))",
                ],
            ])
        }

        /// Everything measured, as a line of JSON.
        public var json: String {
            JSONText.object([
                ("threads", .integer(threads)), ("batch", .integer(batch)),
                ("samples_per_second", .list(speeds.map { .number($0) })),
            ]).line
        }
    }
}
