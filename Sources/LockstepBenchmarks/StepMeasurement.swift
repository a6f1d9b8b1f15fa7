import LockstepText
import LockstepTimeline

/// The measurement of one rank in one repetition. Sent between ranks as bytes.
struct StepMeasurement: BitwiseCopyable {
    /// The time from the common start to this rank's end, in seconds.
    var seconds: Double
    /// The samples of the steps: of all ranks, or of this rank without communication.
    var samples: Int
    /// The peak memory of this process, in bytes.
    var peakMemory: Int
    /// The floating-point operations of this rank's matrix products.
    var operations: Double
    var load: Double
    var forward: Double
    var backward: Double
    var reduce: Double
    var wait: Double
    var update: Double

    /// - Parameter timeline: reset at the start; its sums become the times of the phases, in seconds.
    init(seconds: Double, samples: Int, peakMemory: Int, operations: Double, timeline: StepTimeline) {
        self.seconds = seconds
        self.samples = samples
        self.peakMemory = peakMemory
        self.operations = operations
        func time(_ phase: StepPhase) -> Double { Double(timeline.nanoseconds(in: phase)) * 1e-9 }
        load = time(.load)
        forward = time(.forward)
        backward = time(.backward)
        reduce = time(.reduce)
        wait = time(.wait)
        update = time(.update)
    }
}

/// The measurement of all ranks in one repetition.
struct StepRepetition {
    /// The number of the repetition, from 0.
    var number: Int
    var steps: Int
    /// The samples of all ranks.
    var samples: Int
    /// The time of the slowest rank, in seconds.
    var seconds: Double
    /// The largest peak memory of a rank, in bytes.
    var peakMemory: Int
    /// The floating-point operations of all ranks' matrix products.
    var operations: Double
    /// Milliseconds per step, the mean over the ranks: first `step`, then the phases.
    var milliseconds: [(name: String, value: Double)]

    init(number: Int, steps: Int, ranks: [StepMeasurement], isAlone: Bool) {
        self.number = number
        self.steps = steps
        samples = isAlone ? ranks.map(\.samples).reduce(0, +) : ranks[0].samples
        seconds = ranks.map(\.seconds).max() ?? 0
        peakMemory = ranks.map(\.peakMemory).max() ?? 0
        operations = ranks.map(\.operations).reduce(0, +)
        func mean(_ part: KeyPath<StepMeasurement, Double>) -> Double {
            ranks.map { $0[keyPath: part] }.reduce(0, +) / Double(ranks.count * steps) * 1000
        }
        milliseconds = [
            ("step", mean(\.seconds)), ("load", mean(\.load)), ("forward", mean(\.forward)),
            ("backward", mean(\.backward)), ("reduce", mean(\.reduce)), ("wait", mean(\.wait)),
            ("update", mean(\.update)),
        ]
    }

    /// The speed of all ranks over the time of the slowest, in 10^9 operations per second.
    var gigaOperationsPerSecond: Double { operations / seconds * 1e-9 }

    var samplesPerSecond: Double { Double(samples) / seconds }

    var json: JSONText {
        .object([
            ("repetition", .integer(number)), ("steps", .integer(steps)), ("samples", .integer(samples)),
            ("seconds", .number(seconds)), ("samples_per_second", .number(samplesPerSecond)),
            ("milliseconds", .object(milliseconds.map { ($0.name, .number($0.value)) })),
            ("peak_memory_bytes", .integer(peakMemory)),
        ])
    }
}
