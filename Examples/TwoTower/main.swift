// Two towers: embeddings of two views of the same thing, by a contrastive loss. Data, task, metric and schedule are its own.
//
//   swift build -c release --product TwoTower
//   scripts/launch -n 2 .build/release/TwoTower train Examples/TwoTower/two-tower.yaml --run-dir RUN
//   .build/release/TwoTower evaluate RUN
//   .build/release/TwoTower predict RUN --output embeddings.csv
import Lockstep

/// sqrt(hold / step) from step `hold` on, and 1 before: the schedule of the first Transformer (arXiv 1706.03762, section 5.3).
struct InverseSquareRootSchedule: ScheduleComponent {
    static let name = "inverse_square_root"
    static var keys: KeyTable<Self> {
        KeyTable(
            .integer("hold", \.hold, .within(1...1_000_000_000), "steps before the learning rate falls"),
            .including(\.warmup))
    }
    var hold = 100
    var warmup = WarmUp()

    func factor(step: Double, length: Double) -> Double {
        (Double(hold) / max(step, Double(hold))).squareRoot()
    }
}

LockstepProgram.main(
    .standard.adding(data: TwoViews.Configuration.self).adding(task: Retrieval.Configuration.self)
        .adding(schedule: InverseSquareRootSchedule.self))
