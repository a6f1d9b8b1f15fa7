import LockstepCollectives
import LockstepDataParallel
import LockstepExperiment
import LockstepOperations
import LockstepTimeline
import LockstepTraining

/// Predicts the steps of a run file on clusters: measures the passes of one rank, and takes the messages of a step
/// from the trainer's own plans.
public struct ScheduleBenchmark {
    /// The options.
    public struct Options: Sendable {
        /// The numbers of hosts.
        public var hosts: [Int]
        /// The number of ranks on each host.
        public var ranksEach: Int
        /// The number of measured steps.
        public var steps: Int
        /// How fast a rank computes.
        public var speed: RankSpeed

        /// Makes options.
        public init(hosts: [Int], ranksEach: Int, steps: Int = 5, speed: RankSpeed = .measured) {
            self.hosts = hosts
            self.ranksEach = ranksEach
            self.steps = steps
            self.speed = speed
        }
    }

    /// How fast a rank computes a step, without communication.
    public enum RankSpeed: Sendable {
        /// As fast as the measured one.
        case measured
        /// So many floating-point operations per second, as a mean over the step.
        case operationsPerSecond(Double)
        /// The whole step in so many seconds.
        case stepSeconds(Double)

        /// The speed as a multiple of that of a profile.
        func factor(of profile: StepProfile) -> Double {
            switch self {
            case .measured: 1
            case .operationsPerSecond(let speed): speed * profile.step / profile.operations
            case .stepSeconds(let seconds): profile.step / seconds
            }
        }
    }

    private let setup: TrainingSetup
    private let options: Options

    /// Prepares data and model for one rank.
    public init(communicator: Communicator, runFile: RunFile, options: Options) throws {
        self.options = options
        setup = try TrainingSetup(communicator: communicator, runFile: runFile)
    }

    /// Measures and predicts.
    /// - Parameters:
    ///   - cluster: the assumptions.
    ///   - known: a profile measured before, of the same run file; nil to measure one.
    package func run(_ cluster: ClusterModel, known: StepProfile? = nil) throws -> ScheduleReport {
        let profile = try (known ?? measure())
        setup.data.close()
        let allreduce = setup.dataParallel.allreduce
        let speed = options.speed.factor(of: profile)
        let faster = profile.faster(by: speed)
        let rows = options.hosts.map { hosts in
            let schedule = allreduce.schedule(
                nodes: hosts, ranksEach: options.ranksEach, rowByteCount: profile.rowByteCount)
            return ScheduleReport.Row(
                schedule: schedule, forecast: StepForecast(schedule, faster, cluster))
        }
        return ScheduleReport(
            model: setup.configuration.model.name, precision: setup.configuration.precision.rawValue,
            parameters: setup.dataParallel.store.parameterElementCount, batch: setup.configuration.batch,
            speed: speed, profile: profile, cluster: cluster, rows: rows)
    }

    private func measure() throws -> StepProfile {
        try setup.dataParallel.initialize(seed: setup.configuration.seed)
        try setup.data.start(at: 0)
        let steps = TrainingSteps(setup)
        let times = PassTimes(clock: { StepTimeline.now })
        setup.dataParallel.observer = times
        defer { setup.dataParallel.observer = nil }
        let learningRate = setup.configuration.optimizer.learningRate
        var profiles: [StepProfile] = []
        // The first step builds what later ones reuse.
        for number in 0...options.steps {
            let begin = StepTimeline.now
            let executed = OperationMeter.executed
            _ = try steps.next(learningRate: learningRate) { _, _ in times.begin() }
            let seconds = Double(StepTimeline.now - begin) * 1e-9
            if number > 0 {
                profiles.append(
                    times.profile(
                        setup.dataParallel.store.parameters, step: seconds,
                        operations: OperationMeter.executed - executed,
                        rowByteCount: setup.dataParallel.usedRowByteCount))
            }
        }
        profiles.sort { $0.step < $1.step }
        var median = profiles[profiles.count / 2]
        // From the quartiles, since a busy machine has outliers.
        let (lower, upper) = (profiles[profiles.count / 4], profiles[profiles.count * 3 / 4])
        median.deviation = (upper.step - lower.step) / 1.349 / median.step
        return median
    }
}
