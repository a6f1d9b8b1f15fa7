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

    @Test func warmUpStartsAboveZero() {
        let schedule = ScheduleConfiguration(.constant, warmupSteps: 4)
        #expect(schedule.learningRate(step: 0, totalSteps: 10, base: 1) == 0.25)
        #expect(schedule.learningRate(step: 4, totalSteps: 10, base: 1) == 1)
    }
}
