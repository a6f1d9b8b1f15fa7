import CAllocationCounter
import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepTraining

/// What the tests run to count the heap allocations of training steps: `AllocationProbe RUN-FILE DIRECTORY FIRST LAST [rows]`
/// trains, counts from after step FIRST to after step LAST, and prints how many there were. With `rows` the model is `RowReader`.
/// Run files can name the parts of the example programs VAE, ConditionalGAN and Recommender, whose sources are links in Examples/.
/// `AllocationProbe operations` runs `OperationPasses`, `AllocationProbe loaders` runs `LoaderPasses`.
@main struct AllocationProbe {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "operations" { return OperationPasses().run() }
        if arguments.count == 2, arguments[1] == "loaders" {
            do {
                return try LoaderPasses().run()
            } catch {
                fatalError("\(error)")
            }
        }
        let readsRows = arguments.last == "rows"
        guard arguments.count == (readsRows ? 6 : 5), let first = Int(arguments[3]),
            let last = Int(arguments[4])
        else {
            exit(64)
        }
        RankProgram.run { communicator in
            let run = TrainingRun(
                communicator: communicator, runFile: try RunFile(path: arguments[1], registry: registry),
                recipe: "probe",
                options: .init(
                    runDirectory: arguments[2],
                    limits: .init(observer: .init(afterStep: count(from: first, to: last)))),
                model: readsRows ? { RowReader($0, inputShape: $1, outputs: $2) } : nil)
            _ = try run.run()
        }
    }

    private static var registry: Registry {
        .standard.adding(task: VAE.Configuration.self).adding(task: ConditionalGAN.Configuration.self)
            .adding(data: Ratings.Configuration.self).adding(task: Recommendation.Configuration.self)
    }

    private static func count(from first: Int, to last: Int) -> @Sendable (Int, Int) -> Void {
        { step, pool in
            if step == first {
                print("pool \(step): \(pool)")
                lockstep_allocations_start()
            }
            if step == last {
                lockstep_allocations_stop()
                print("pool \(step): \(pool)")
                print("own allocations: \(lockstep_allocations_own())")
                print("oneDNN allocations: \(lockstep_allocations_onednn())")
                if lockstep_allocations_own() > 0 { lockstep_allocations_report() }
            }
        }
    }
}
