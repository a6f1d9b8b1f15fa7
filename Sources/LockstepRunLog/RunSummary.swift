import Foundation
import LockstepFiles
import LockstepMetrics
import LockstepText

/// The results of a run: the file `summary.json`, and the table on the terminal.
public struct RunSummary: Sendable, Equatable {
    /// The version of a part that the results depend on.
    public struct Version: Sendable, Equatable {
        /// The part, such as `onednn`.
        public let name: String
        /// Its version.
        public let version: String

        /// Makes a version.
        public init(_ name: String, _ version: String) {
            self.name = name
            self.version = version
        }
    }

    /// The number of steps done since the start of training.
    public var steps: Int
    /// The number of epochs done; not whole when the run ended within one.
    public var epochs: Double
    /// The number of processes.
    public var ranks: Int
    /// The number of hosts they ran on.
    public var hosts: Int
    /// The number of shards of a step.
    public var shards: Int
    /// The number of threads of a rank.
    public var threads: Int
    /// The number of trained parameters.
    public var parameters: Int
    /// The mean loss of the samples of the last epoch, or of the last one that was begun.
    public var finalTrainLoss: Double
    /// What the loss is measured in, where that is not obvious, such as `standardized targets`; nil otherwise.
    public var lossUnit: String?
    /// The metrics of the validation split; empty without one.
    public var validation: [MetricValue]
    /// The metrics of the test set; empty without one.
    public var test: [MetricValue]
    /// The best evaluation of the validation split so far; nil before the first.
    public var best: BestEvaluation?
    /// The step after which the final model had its parameters, where that is not the last one (`early_stopping.restore_best`): the metrics
    /// are of these.
    public var finalModelStep: Int?
    /// The plural name of samples in the table.
    public var samplesName: String
    /// The mean over this run, evaluation and checkpoints not counted.
    public var samplesPerSecond: Double
    /// The same in tokens of a text; nan for everything else.
    public var tokensPerSecond: Double
    /// How long ranks were busy in this run's steps before they waited for each other; nil for one rank.
    public var rankSeconds: RankSeconds?
    /// The rank that was clearly slower than the others in this run, if one was.
    public var straggler: Straggler?
    /// How hosts exchanged gradients in this run; nil on one host.
    public var exchange: ExchangeRecord?
    /// The time of this run, in seconds.
    public var seconds: Double
    /// Why it ended.
    public var stoppedBecause: StopReason
    /// The parts that the results depend on.
    public var versions: [Version]

    /// Makes a summary.
    public init(
        steps: Int, epochs: Double, ranks: Int, hosts: Int, shards: Int, threads: Int, parameters: Int,
        finalTrainLoss: Double, lossUnit: String? = nil, validation: [MetricValue], test: [MetricValue],
        best: BestEvaluation? = nil,
        finalModelStep: Int? = nil, samplesName: String = "samples", samplesPerSecond: Double,
        tokensPerSecond: Double = .nan,
        rankSeconds: RankSeconds? = nil, straggler: Straggler? = nil, exchange: ExchangeRecord? = nil,
        seconds: Double, stoppedBecause: StopReason, versions: [Version]
    ) {
        self.steps = steps
        self.epochs = epochs
        self.ranks = ranks
        self.hosts = hosts
        self.shards = shards
        self.threads = threads
        self.parameters = parameters
        self.finalTrainLoss = finalTrainLoss
        self.lossUnit = lossUnit
        self.validation = validation
        self.test = test
        self.best = best
        self.finalModelStep = finalModelStep
        self.samplesName = samplesName
        self.samplesPerSecond = samplesPerSecond
        self.tokensPerSecond = tokensPerSecond
        self.rankSeconds = rankSeconds
        self.straggler = straggler
        self.exchange = exchange
        self.seconds = seconds
        self.stoppedBecause = stoppedBecause
        self.versions = versions
    }

    /// The summary as JSON. Numbers read back as the same bits; those that are not finite are `null`.
    public var json: String {
        func entries(_ metrics: [MetricValue], _ prefix: String) -> [(key: String, value: JSONText)] {
            metrics.map { (prefix + $0.name, .number($0.value)) }
        }
        let entries: [(key: String, value: JSONText)] =
            [
                ("steps", .integer(steps)), ("epochs", .number(epochs)), ("ranks", .integer(ranks)),
                ("hosts", .integer(hosts)), ("shards", .integer(shards)), ("threads", .integer(threads)),
                ("parameters", .integer(parameters)), ("final_train_loss", .number(finalTrainLoss)),
            ] + entries(validation, "validation_") + entries(test, "test_") + bestEntries
            + (finalModelStep.map { [("final_model_step", .integer($0))] } ?? []) + [
                ("samples_per_second", .number(samplesPerSecond))
            ] + (tokensPerSecond.isNaN ? [] : [("tokens_per_second", .number(tokensPerSecond))])
            + rankEntries + (exchange.map { [("exchange", $0.json)] } ?? []) + [
                ("seconds", .number(seconds)),
                ("stopped_because", .text(stoppedBecause.rawValue)),
                ("versions", .object(versions.map { ($0.name, .text($0.version)) })),
            ]
        return JSONText.object(entries).pretty
    }

    private var bestEntries: [(key: String, value: JSONText)] {
        guard let best else { return [] }
        return [
            (
                "best",
                .object([
                    ("metric", .text(best.watched.metric)), ("mode", .text(best.watched.mode.rawValue)),
                    ("value", .number(best.value)), ("step", .integer(best.step)),
                ])
            )
        ]
    }

    private var rankEntries: [(key: String, value: JSONText)] {
        guard let rankSeconds else { return [] }
        return [
            ("rank_seconds_minimum", .number(rankSeconds.minimum)),
            ("rank_seconds_median", .number(rankSeconds.median)),
            ("rank_seconds_maximum", .number(rankSeconds.maximum)),
            ("slowest_rank", .integer(rankSeconds.slowestRank)),
        ]
            + (straggler.map { straggler in
                [
                    (
                        "straggler",
                        .object([
                            ("rank", .integer(straggler.rank)), ("host", .text(straggler.host)),
                            ("phase", .text(straggler.phase.rawValue)),
                            ("shard_seconds", .number(straggler.shardSeconds)),
                            ("shard_seconds_of_others", .number(straggler.shardSecondsOfOthers)),
                        ])
                    )
                ]
            } ?? [])
    }

    /// Whether a summary that was written before is of an end after the same step and for the same reason.
    package func isSameEnd(as path: String) -> Bool {
        guard let bytes = try? SafeFile.contents(path, limit: 1 << 26),
            let before = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        else { return false }
        return before["steps"] as? Int == steps
            && before["stopped_because"] as? String == stoppedBecause.rawValue
    }

    /// Writes `summary.json`.
    ///
    /// - Throws: `RunLogError` when it cannot be written.
    public func write(to path: String) throws {
        try replaceFile(path, with: json)
    }
}
