import LockstepConfiguration

/// How the learning rate changes from step to step: a pure function of the step, so nothing has to be saved.
///
/// Steps are counted from 0. After `warmup.steps` of linear warm-up, the schedule's steps start at 0 again; its length is
/// the rest of the run.
public protocol ScheduleComponent: Component {
    /// The linear warm-up; none by default. A key table includes its keys by `.including(\.warmup)`.
    var warmup: WarmUp { get }

    /// The factor on the optimizer's learning rate.
    /// - Parameters:
    ///   - step: counted from the end of the warm-up.
    ///   - length: the steps from there to the end of the run, at least 1.
    func factor(step: Double, length: Double) -> Double

    /// The first step after the warm-up at which the learning rate is reduced; nil for schedules that do not reduce it at single steps.
    var firstReduction: Int? { get }
}

extension ScheduleComponent {
    public var warmup: WarmUp { WarmUp() }
    public var firstReduction: Int? { nil }

    /// The learning rate of a step.
    /// - Parameters:
    ///   - step: counted from 0.
    ///   - totalSteps: the length of the whole run, warm-up included.
    ///   - base: the optimizer's learning rate.
    public func learningRate(step: Int, totalSteps: Int, base: Double) -> Double {
        if step < warmup.steps {
            let start = warmup.start ?? 1 / Double(warmup.steps)
            return base * (start + (1 - start) * Double(step) / Double(warmup.steps))
        }
        return base
            * factor(step: Double(step - warmup.steps), length: Double(max(1, totalSteps - warmup.steps)))
    }
}

/// The first steps of a run, in which the learning rate grows linearly to its full value.
public struct WarmUp: Configurable, Hashable {
    /// The steps over which the learning rate grows from `start` of its value to all of it; 0 for none.
    public var steps: Int
    /// The factor at step 0, as `start_factor` of PyTorch's `LinearLR`; nil means 1 / steps.
    public var start: Double?

    /// A warm-up.
    public init(steps: Int, start: Double? = nil) {
        self.steps = steps
        self.start = start
    }

    /// No warm-up.
    public init() { self.init(steps: 0) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer(
                "warmup_steps", \.steps, .warmupSteps,
                "steps over which the learning rate grows linearly to its full value"),
            .optionalNumber(
                "warmup_start", \.start, .warmupStart,
                "factor on the learning rate at step 0 of the warm-up; auto: 1 / warmup_steps", absent: "auto"
            ))
    }
}
