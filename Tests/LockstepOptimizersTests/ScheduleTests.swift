import Foundation
import LockstepOptimizers
import Testing

@Suite struct ScheduleTests {
    private static let cases: [(String, ScheduleConfiguration)] = [
        ("constant", .init(.constant)), ("step", .init(.step(every: 6, factor: 0.5))),
        ("milestones", .init(.milestones([4, 11], factor: 0.1))),
        ("exponential", .init(.exponential(decay: 0.9))),
        ("polynomial", .init(.polynomial(power: 2, final: 0))), ("cosine", .init(.cosine(final: 0))),
        ("cosine_final", .init(.cosine(final: 0.1))),
        ("one_cycle", .init(.oneCycle(peak: 1, rise: 0.3, divisor: 25, finalDivisor: 1e4))),
        ("warm_cosine", .init(.cosine(final: 0), warmupSteps: 5, warmupStart: 0.2)),
        ("warm_exponential", .init(.exponential(decay: 0.9), warmupSteps: 5, warmupStart: 0.2)),
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
    private static let edges: [(String, ScheduleConfiguration)] = [
        ("one_cycle, rise of 0.6 steps", oneCycle(rise: 0.03)),
        ("one_cycle, rise of 0.9 of 3 steps", oneCycle(rise: 0.3)),
        ("one_cycle, rise of 1.5 steps", oneCycle(rise: 0.3)), ("one_cycle, one step", oneCycle(rise: 0.3)),
        ("cosine, one step", .init(.cosine(final: 0))),
        ("polynomial, one step", .init(.polynomial(power: 2, final: 0))),
        ("step, every one", .init(.step(every: 1, factor: 0.5))),
        ("milestones at 0", .init(.milestones([0, 4], factor: 0.1))),
        ("milestones at 0 twice", .init(.milestones([0, 0, 3], factor: 0.1))),
        ("cosine, warm-up of one step", .init(.cosine(final: 0), warmupSteps: 1, warmupStart: 0.2)),
    ]

    private static func oneCycle(rise: Double) -> ScheduleConfiguration {
        .init(.oneCycle(peak: 1, rise: rise, divisor: 25, finalDivisor: 1e4))
    }

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
        let schedule = ScheduleConfiguration(.constant, warmupSteps: 4)
        #expect(schedule.learningRate(step: 0, totalSteps: 10, base: 1) == 0.25)
        #expect(schedule.learningRate(step: 4, totalSteps: 10, base: 1) == 1)
    }
}
