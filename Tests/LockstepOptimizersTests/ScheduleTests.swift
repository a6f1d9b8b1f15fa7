import Foundation
import LockstepOptimizers
import Testing

@Suite struct ScheduleTests {
    private static let cases: [(String, any ScheduleComponent)] = [
        ("constant", ConstantSchedule()), ("step", steps(every: 6)), ("milestones", milestones([4, 11])),
        ("exponential", ExponentialSchedule { $0.decay = 0.9 }),
        ("polynomial", PolynomialSchedule { $0.power = 2 }), ("cosine", CosineSchedule()),
        ("cosine_final", CosineSchedule { $0.final = 0.1 }), ("one_cycle", OneCycleSchedule()),
        ("warm_cosine", CosineSchedule { $0.warmup = WarmUp(steps: 5, start: 0.2) }),
        (
            "warm_exponential",
            ExponentialSchedule {
                $0.decay = 0.9
                $0.warmup = WarmUp(steps: 5, start: 0.2)
            }
        ),
    ]

    @Test func equalPyTorch() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/optimizers/schedules.json")
        let golden = try JSONDecoder().decode([String: [Double]].self, from: Data(contentsOf: file))
        for (name, schedule) in ScheduleTests.cases {
            for (step, expected) in try #require(golden[name]).enumerated() {
                let mine = schedule.learningRate(step: step, totalSteps: 20, base: 0.5)
                #expect(abs(mine - expected) <= 1e-6 * max(expected, 0.01), "\(name), step \(step): \(mine)")
            }
        }
    }

    /// The shortest rises, runs and warm-ups, and milestones at the start.
    private static let edges: [(String, any ScheduleComponent)] = [
        ("one_cycle, rise of 0.6 steps", oneCycle(rise: 0.03)),
        ("one_cycle, rise of 0.9 of 3 steps", oneCycle(rise: 0.3)),
        ("one_cycle, rise of 1.5 steps", oneCycle(rise: 0.3)), ("one_cycle, one step", oneCycle(rise: 0.3)),
        ("cosine, one step", CosineSchedule()),
        ("polynomial, one step", PolynomialSchedule { $0.power = 2 }),
        ("step, every one", steps(every: 1)), ("milestones at 0", milestones([0, 4])),
        ("milestones at 0 twice", milestones([0, 0, 3])),
        ("cosine, warm-up of one step", CosineSchedule { $0.warmup = WarmUp(steps: 1, start: 0.2) }),
    ]

    private static func steps(every: Int) -> StepSchedule {
        StepSchedule {
            $0.every = every
            $0.reduction = 0.5
        }
    }

    private static func milestones(_ list: [Int]) -> MilestonesSchedule {
        MilestonesSchedule { $0.milestones = list }
    }

    private static func oneCycle(rise: Double) -> OneCycleSchedule { OneCycleSchedule { $0.rise = rise } }

    @Test func equalPyTorchAtTheEdges() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/optimizers/schedule_edges.json")
        let golden = try JSONDecoder().decode([String: [Double]].self, from: Data(contentsOf: file))
        #expect(golden.count == ScheduleTests.edges.count)
        for (name, schedule) in ScheduleTests.edges {
            let rates = try #require(golden[name])
            for (step, expected) in rates.enumerated() {
                let mine = schedule.learningRate(step: step, totalSteps: rates.count, base: 0.5)
                #expect(abs(mine - expected) <= 1e-9 * max(expected, 0.01), "\(name), step \(step): \(mine)")
            }
        }
    }

    /// A rise of exactly one step, where PyTorch divides by zero, starts below the peak.
    @Test func aRiseOfOneStepStartsAtTheBottom() {
        let rate = ScheduleTests.oneCycle(rise: 0.25).learningRate(step: 0, totalSteps: 4, base: 1)
        #expect(abs(rate - 1.0 / 25) < 1e-12)
    }

    @Test func warmUpStartsAboveZero() {
        let schedule = ConstantSchedule { $0.warmup.steps = 4 }
        #expect(schedule.learningRate(step: 0, totalSteps: 10, base: 1) == 0.25)
        #expect(schedule.learningRate(step: 4, totalSteps: 10, base: 1) == 1)
    }
}
