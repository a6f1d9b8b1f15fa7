import Foundation
import Testing

/// Warnings about learning rates with which a run learns nothing, at its start and at its end.
@Suite(.serialized) struct LearningRateWarningTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [16]}}
            data: {synthetic: {samples: 640, validation: 0.1}}
            batch: 32
            max_steps: 60
            optimizer: adam
            seed: 1
            """)
    }

    private func train(_ changes: [String], _ more: [String] = [], run: String = "run") throws -> String {
        let result = try CommandRunner.lockstep(
            ranks: 1,
            ["train", file, "--run-dir", directory.path(run)] + changes.flatMap { ["--set", $0] } + more,
            timeout: 60)
        #expect(result.status == 0, "\(result.tail)")
        let log = try String(contentsOfFile: directory.path("\(run)/train.log"), encoding: .utf8)
        return result.output + log
    }

    private static let end = "Warning: the training loss was never below that of the first steps, "

    @Test func aRateThatIsMuchTooLarge() throws {
        let text = try train(["optimizer.adam.learning_rate=1e10"])
        // On the screen and in the log.
        #expect(
            text.components(
                separatedBy:
                    "Warning: optimizer.adam.learning_rate is 1e+10, but usual rates of adam are 1e-07 to 0.1: the loss will probably grow"
            ).count == 3, "\(text)")
        let ends = text.components(separatedBy: Self.end)
        #expect(ends.count == 3, "\(text)")
        #expect(
            ends.last?.contains("Try a smaller learning rate (--set optimizer.adam.learning_rate=0.001)")
                == true)
    }

    /// The rate in the run file is usual, those of the schedule are not.
    @Test func aScheduleThatRisesTooFar() throws {
        let text = try train(["schedule={one_cycle: {peak: 10000}}"])
        #expect(
            text.contains(
                #/learning_rate is 0\.001, and the largest rate of the schedule is (10|9\.\d+), but usual/#),
            "\(text)")
    }

    @Test func aRateThatIsMuchTooSmall() throws {
        let text = try train(["optimizer.adam.learning_rate=1e-20"])
        #expect(text.contains("the parameters will hardly change; the default is 0.001."), "\(text)")
    }

    @Test(arguments: ["adam", "adamw", "sgd", "rmsprop", "adagrad", "lion", "lars", "lamb"])
    func noWarningAboutDefaults(_ optimizer: String) throws {
        #expect(!(try train(["optimizer=\(optimizer)"], run: optimizer)).contains("Warning"))
    }

    /// Every step has all samples, so the loss stays the same.
    @Test func theNextRateIsLarger() throws {
        let text = try train(["optimizer.adam.learning_rate=1e-20", "batch=576"])
        #expect(text.contains(Self.end), "\(text)")
        #expect(
            text.contains("Try a larger learning rate (--set optimizer.adam.learning_rate=0.001)"), "\(text)")
        // A tenth of the smallest usual rate is not proposed.
        let small = try train(["optimizer.adam.learning_rate=1e-7", "batch=576"], run: "small")
        #expect(!small.contains("learning_rate=1e-08)"), "\(small)")
    }

    /// Nothing is to be trained, and so nothing falls.
    @Test func aRateOfZero() throws {
        #expect(!(try train(["optimizer.adam.learning_rate=0", "batch=576"])).contains("Warning"))
    }

    /// The first loss of a continued run is not the first one.
    @Test func aContinuedRun() throws {
        let rate = "optimizer.adam.learning_rate=1e10"
        _ = try train([rate], ["--stop-after-step", "5"])
        #expect(!(try train([rate], ["--resume"])).contains(Self.end))
    }
}
