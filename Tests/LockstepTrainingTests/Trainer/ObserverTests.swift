import LockstepAutograd
import LockstepCollectives
import LockstepDatasets
import LockstepExperiment
import LockstepMetrics
import LockstepRunLog
import LockstepTraining
import Testing

/// The calls that observers of a run receive, and what they can do.
@Suite(.serialized) struct ObserverTests {
    private final class Recorder: TrainingObserver {
        var events: [String] = []
        var outputs: [[Float]] = []
        var stopAt = Int.max
        var failAt = Int.max
        struct Failure: Error, CustomStringConvertible { let description = "the observer failed" }

        func begin(_ run: ObservedRun) { events.append("begin \(run.step)") }
        func step(_ record: StepRecord, _ run: ObservedRun) throws {
            events.append("step \(record.step)")
            if record.step == stopAt { run.requestStop() }
            if record.step == failAt { throw Failure() }
        }
        func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {
            events.append("\(set.rawValue) \(run.step) \(values.first?.name ?? "")")
            outputs.append(try run.forward { tape in tape.variable(run.parameters[0]).value.floatArray })
        }
        func end(_ summary: RunSummary, _ run: ObservedRun) { events.append("end \(summary.steps)") }
    }

    private func train(_ folder: RunLogFolder, _ recorder: Recorder, _ more: [String] = []) throws
        -> RunSummary
    {
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: [8]}}
                data: {synthetic: {samples: 200, shape: [4], classes: 3, validation: 0.2}}
                batch: 40
                max_steps: 6
                optimizer: {sgd: {learning_rate: 0.1}}
                evaluate: {every_steps: 4}
                """, overrides: more)
        return try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(runDirectory: folder.path("run")), observers: [recorder]
        ).run()
    }

    @Test func eventsInOrder() throws {
        let recorder = Recorder()
        _ = try train(RunLogFolder(), recorder)
        #expect(
            recorder.events == [
                "begin 0", "step 1", "step 2", "step 3", "step 4", "validation 4 loss", "step 5", "step 6",
                "end 6",
            ]
                || recorder.events == [
                    "begin 0", "step 1", "step 2", "step 3", "step 4", "validation 4 loss", "step 5",
                    "step 6",
                    "validation 6 loss", "test 6 loss", "end 6",
                ], "\(recorder.events)")
        #expect(recorder.outputs.first?.count == 32)
    }

    @Test func stops() throws {
        let recorder = Recorder()
        recorder.stopAt = 2
        let summary = try train(RunLogFolder(), recorder)
        // The wish travels with the next step.
        #expect(summary.stoppedBecause == .program && summary.steps == 3)
    }

    @Test func anErrorEndsTheRun() throws {
        let (recorder, folder) = (Recorder(), try RunLogFolder())
        recorder.failAt = 2
        #expect(throws: (any Error).self) { try train(folder, recorder) }
        #expect(recorder.events.last == "step 3")
    }

    /// Observers see the averages that evaluations use.
    @Test func averages() throws {
        let (plain, averaged) = (Recorder(), Recorder())
        _ = try train(RunLogFolder(), plain)
        _ = try train(RunLogFolder(), averaged, ["average.decay=0.5"])
        #expect(plain.outputs[0] != averaged.outputs[0])
    }
}
