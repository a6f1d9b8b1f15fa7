import Foundation
import LockstepMetrics
import LockstepRunLog
import LockstepTrackers
import Testing

/// `metrics.csv`: one row for a record, one column for a number, and no step twice.
@Suite struct CSVTrackerTests {
    private func tracker() -> any Tracker { CSVTracker.Configuration().make() }

    @Test func aRunHasARowForEachRecord() throws {
        let folder = try TrackedFolder()
        let tracker = tracker()
        try tracker.begin(folder.run())
        try tracker.step(folder.record(1))
        try tracker.evaluation(folder.evaluation("validation", 1))
        try tracker.step(folder.record(2))
        #expect(
            try folder.text("metrics.csv") == """
                step,epoch,samples,loss,learning_rate,gradient_norm,samples_per_second,seconds,validation_loss,validation_accuracy
                1,1,32,1,0.001,2,1000,1,,
                1,1,32,,,,,,0.5,0.75
                2,1,64,0.5,0.001,,1000,2,,

                """)
    }

    @Test func aResumedRunHasEachStepOnce() throws {
        let folder = try TrackedFolder()
        try folder.trainAndResume(tracker)
        let lines = try folder.text("metrics.csv").split(separator: "\n").dropFirst()
        #expect(lines.map { String($0.prefix(while: { $0 != "," })) } == ["1", "2", "2", "3", "4", "4"])
        let columns = try folder.text("metrics.csv").split(separator: "\n").map { $0.count { $0 == "," } }
        #expect(Set(columns).count == 1)
    }

    @Test func evaluationsThatAreRepeatedAreDropped() throws {
        let folder = try TrackedFolder()
        let first = tracker()
        try first.begin(folder.run())
        try first.step(folder.record(1))
        for set in ["validation", "test"] { try first.evaluation(folder.evaluation(set, 1)) }
        try tracker().begin(folder.run(after: 1))
        #expect(try folder.text("metrics.csv").split(separator: "\n").count == 3)
        try tracker().begin(folder.run(after: 1, repeatsEvaluation: true))
        #expect(try folder.text("metrics.csv").split(separator: "\n").count == 2)
    }

    @Test func anIncompleteLineIsDropped() throws {
        let folder = try TrackedFolder()
        try Data("step,epoch,samples,loss\n1,1,32,0.5\n2,1,6".utf8).write(
            to: URL(fileURLWithPath: folder.path + "/metrics.csv"))
        let tracker = tracker()
        try tracker.begin(folder.run(after: 1))
        #expect(try folder.text("metrics.csv") == "step,epoch,samples,loss\n1,1,32,0.5\n")
    }

    @Test func namesWithCommasAreQuoted() throws {
        let folder = try TrackedFolder()
        func evaluate(_ tracker: any Tracker, _ step: Int) throws {
            try tracker.evaluation(
                TrackedEvaluation(
                    set: "validation", step: step, epoch: 1, samples: 1,
                    values: [MetricValue("recall, \"top\"", 1)]))
        }
        let first = tracker()
        try first.begin(folder.run())
        try evaluate(first, 1)
        let second = tracker()
        try second.begin(folder.run(after: 2))
        try evaluate(second, 3)
        #expect(
            try folder.text("metrics.csv")
                == "step,epoch,samples,\"validation_recall, \"\"top\"\"\"\n1,1,1,1\n3,1,1,1\n")
    }

    @Test func aForeignFileIsNotContinued() throws {
        let folder = try TrackedFolder()
        try Data("a,b\n1,2\n".utf8).write(to: URL(fileURLWithPath: folder.path + "/metrics.csv"))
        #expect {
            try tracker().begin(folder.run(after: 1))
        } throws: {
            "\($0)".contains("metrics.csv cannot be continued: its first line has no column 'step'")
        }
    }
}
