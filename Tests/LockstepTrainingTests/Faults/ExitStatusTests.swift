import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepConfiguration
import LockstepDatasets
import LockstepExperiment
import LockstepInference
import LockstepTasks
import LockstepTraining
import Testing

/// The exit status of a command: 2 for what its user must change, others for the rest.
@Suite struct ExitStatusTests {
    private static func thrown(_ work: () throws -> Void) -> any Error {
        do {
            try work()
            return CancellationError()
        } catch { return error }
    }

    private static let mistakes: [any Error] = [
        thrown { _ = try RunFile(path: "/nowhere/run.yaml") },
        thrown { _ = try DataConfiguration.csv(.init(train: "/nowhere/table.csv", target: "y")).open() },
        thrown { _ = try DataConfiguration.csv(.init(train: "table.csv", target: "")).open() },
        thrown { _ = try CheckpointReport("/nowhere", verify: false) },
        ComponentError(path: "mlp.hidden", problem: "must not be empty"),
        CheckpointError.mismatch(path: "model.safetensors", tensor: "weight", reason: "is missing"),
        TrainingError.model("the data have no test set"),
        CollectiveError.launcherMismatch(expected: 2, variable: "SLURM_NTASKS"),
    ]

    private static let failures: [(any Error, LockstepExperiment.ExitStatus)] = [
        (CheckpointError.damaged(path: "model.safetensors", reason: "its checksum is wrong"), .failure),
        (TrainingError.outputs("the logits are nan"), .failure),
        (TrainingError.nonFinite(step: 1, loss: .nan, norm: 1, checkpoint: nil), .failure),
        (CancellationError(), .failure),
        (CheckpointError.system(operation: "read", path: "model.safetensors", code: EIO), .fault),
        (CollectiveError.mpi(operation: "MPI_Bcast", text: "failed", rank: 0), .fault),
    ]

    @Test func whatTheUserHasToChange() throws {
        for error in Self.mistakes {
            #expect(LockstepExperiment.ExitStatus(ofRunning: error) == .mistake, "\(error)")
            // All ranks end like the reporting rank.
            let agreed = #expect(throws: AgreedFailure.self) {
                try Communicator().together { throw error }
            }
            #expect(agreed?.status == .mistake, "\(error)")
        }
    }

    @Test func whatTheUserCannotHelp() {
        for (error, status) in Self.failures {
            #expect(LockstepExperiment.ExitStatus(ofRunning: error) == status, "\(error)")
        }
    }
}
