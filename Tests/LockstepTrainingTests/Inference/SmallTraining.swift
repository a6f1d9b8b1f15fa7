import LockstepCollectives
import LockstepExperiment
import LockstepRunLog
import LockstepTraining

/// Trains for a few steps on generated data, in a separate folder.
func train(_ folder: RunLogFolder, _ more: [String] = []) throws -> RunSummary {
    let runFile = try RunFile(
        yaml: """
            model: {mlp: {hidden: [16]}}
            data: {synthetic: {samples: 400, test_samples: 130, shape: [8], classes: 3, validation: 0.25}}
            batch: 32
            max_steps: 40
            optimizer: {adam: {learning_rate: 0.02}}
            evaluation_block: 50
            log_every_steps: 1000
            """, overrides: more)
    return try TrainingRun(
        communicator: Communicator(), runFile: runFile, recipe: "test",
        options: .init(runDirectory: folder.path("run"))
    ).run()
}
