import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepTensors
import LockstepTraining
import Synchronization

/// Trains with something wrong on one rank: `FaultProbe RUN-FILE RUN-DIRECTORY FAULT RANK STEP [TIMEOUT]`.
///
/// FAULT is `loader` (the loader's thread never ends, from STEP on), `compute` (the rank's main thread never ends),
/// `message` (an MPI call fails), `contract` (a tensor gets an array of another size), `slow` (each shard from STEP
/// on takes 50 ms longer), `end` (the rank does not exit after a successful end), or `evaluation` (USR1 arrives
/// before block STEP of all that the rank evaluates). After a restart by the launcher it continues without a fault.
@main struct FaultProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 6, let guilty = Int(arguments[4]), let step = Int(arguments[5]) else {
            exit(64)
        }
        let fault = arguments[3]
        let isRestart = (ProcessInfo.processInfo.environment["LOCKSTEP_RESTART"] ?? "0") != "0"
        RankProgram.run(statusOfFailure: .mistake) { communicator in
            let isGuilty = communicator.rank == guilty && !isRestart
            // It is called on the thread that owns the communicator.
            nonisolated(unsafe) let ranks = communicator
            let evaluated = Atomic<Int>(0)
            let observer = TrainerObserver(
                beforeShard: { dataParallel, _ in
                    guard isGuilty, dataParallel.step >= step else { return }
                    if fault == "compute" { while true { sleep(1) } }
                    if fault == "slow" { usleep(50_000) }
                    if fault == "contract" { _ = Tensor([1, 2] as [Float], shape: [3]) }
                    // There is no such rank: MPI refuses.
                    if fault == "message" { _ = try ranks.broadcast([1], from: ranks.size) }
                },
                beforeBatch: { number in
                    while isGuilty, fault == "loader", number >= step { sleep(1) }
                },
                beforeEvaluationBlock: { _ in
                    let number = evaluated.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard isGuilty, fault == "evaluation", number == step else { return }
                    raise(SIGUSR1)
                    // Ranks exchange their flags about ten times a second.
                    usleep(300_000)
                })
            _ = try TrainingRun(
                communicator: communicator,
                runFile: try communicator.together { try RunFile(path: arguments[1], overrides: []) },
                recipe: "probe",
                options: .init(
                    runDirectory: arguments[2], resume: isRestart, limits: .init(observer: observer),
                    timeout: arguments.count > 6 ? Double(arguments[6]) : nil)
            ).runAsProgram()
            if isGuilty, fault == "end" { while true { sleep(1) } }
        }
    }
}
