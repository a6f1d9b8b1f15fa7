import Foundation
import LockstepConfiguration
import LockstepFiles
import LockstepPictures
import LockstepRunLog

/// Event files for TensorBoard, in the folder `tensorboard` of the run directory: scalars, the configuration as text, the
/// hyperparameters, and where they are asked for histograms and images.
///
/// Tags are `training/loss`, `validation/accuracy` and so on. A resumed run writes a new file, and removes later steps from the
/// ones before, so that every reader finds each step once.
public final class TensorBoardTracker: Tracker {
    /// The tracker in a run file.
    public struct Configuration: TrackerComponent {
        public static var name: String { "tensorboard" }
        public static var keys: KeyTable<Self> {
            KeyTable(
                .optionalInteger(
                    "histograms_every_steps", \.histogramsEverySteps, .steps,
                    "histograms of each trained parameter and its gradient after every this many steps; gradients before clipping"
                ))
        }

        /// The number of steps between two histograms; nil for none.
        public var histogramsEverySteps: Int?

        /// A configuration.
        public init() {}

        public func make() -> any Tracker { TensorBoardTracker() }
    }

    private static let largestFile = 1 << 30

    private var file: AppendFile?
    /// The step that the run continues from, and the tags of its records: an image of them is not written again.
    private var resumed: (step: Int, tags: Set<String>) = (0, [])

    init() {}

    private var now: Double { Date().timeIntervalSince1970 }

    public func begin(_ run: TrackedRun) throws {
        let folder = run.directory + "/tensorboard"
        if mkdir(folder, 0o755) != 0, errno != EEXIST { throw RunLogError(folder, "cannot be made") }
        do throws(FileError) {
            try TrustedFolder.require(folder)
        } catch {
            throw RunLogError(folder, "cannot be used", code: error.code, reason: error.reason)
        }
        let earlier = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.wholeMatch(of: #/events\.out\.tfevents\.\d+\.\d+\.lockstep/#) != nil
        }
        resumed = (run.step, [])
        for name in earlier { try drop(later: run, from: "\(folder)/\(name)") }
        // Readers take files in the order of their names.
        var time = Int(now)
        var name: String
        repeat {
            name = "events.out.tfevents.\(time).\(getpid()).lockstep"
            time += 1
        } while earlier.contains { $0 >= name }
        file = try AppendFile("\(folder)/\(name)")
        try append(EventRecord.version(time: now))
        try append(EventRecord.start(time: now, step: run.step + 1))
        guard earlier.isEmpty else { return }
        let indented = run.configuration.split(separator: "\n", omittingEmptySubsequences: false)
            .map { "    " + $0 }.joined(separator: "\n")
        try append(EventRecord.text(time: now, step: run.step, tag: "configuration", indented))
        try appendHyperparameters(run)
    }

    public func step(_ record: StepRecord) throws {
        try append(
            EventRecord.scalars(
                time: now, step: record.step,
                record.trackedValues.map { (tag: "training/\($0.name)", value: $0.value) }))
    }

    public func evaluation(_ evaluation: TrackedEvaluation) throws {
        try append(
            EventRecord.scalars(
                time: now, step: evaluation.step,
                evaluation.values.map { (tag: "\(evaluation.set)/\($0.name)", value: $0.value) }))
    }

    public func histograms(_ histograms: [TrackedHistogram], step: Int) throws {
        try append(EventRecord.histograms(time: now, step: step, histograms))
    }

    public var keepsImages: Bool { true }

    public func image(_ image: PNGPicture, tag: String, step: Int) throws {
        guard step != resumed.step || !resumed.tags.contains(tag) else { return }
        try append(EventRecord.image(time: now, step: step, tag: tag, image))
    }

    public func end(_ summary: RunSummary) throws {
        let succeeded = summary.stoppedBecause != .nonFinite
        try append(
            EventRecord.hyperparameters(time: now, tag: "_hparams_/session_end_info") { data in
                data.message(4) {
                    $0.integer(1, succeeded ? 1 : 2)
                    $0.double(2, now)
                }
            })
    }

    /// What the hyperparameter table shows: every value of the configuration, and the losses.
    ///
    /// Source: TensorBoard: tensorboard/plugins/hparams/api.proto and plugin_data.proto.
    private func appendHyperparameters(_ run: TrackedRun) throws {
        try append(
            EventRecord.hyperparameters(time: now, tag: "_hparams_/experiment") { data in
                data.message(2) { experiment in
                    for (name, value) in run.parameters {
                        experiment.message(5) {
                            $0.text(1, name)
                            $0.integer(4, Double(value) == nil ? 1 : 3)
                        }
                    }
                    for set in ["training", "validation", "test"] {
                        experiment.message(6) { $0.message(1) { $0.text(2, "\(set)/loss") } }
                    }
                }
            })
        try append(
            EventRecord.hyperparameters(time: now, tag: "_hparams_/session_start_info") { data in
                data.message(3) { start in
                    for (name, value) in run.parameters {
                        start.message(1) { entry in
                            entry.text(1, name)
                            entry.message(2) {
                                if let number = Double(value) {
                                    $0.double(2, number)
                                } else {
                                    $0.text(3, value)
                                }
                            }
                        }
                    }
                    start.text(4, run.name)
                    start.double(5, now)
                }
            })
    }

    private func append(_ record: [UInt8]) throws {
        try record.withUnsafeBytes { try file?.append($0) }
    }

    /// Removes records of steps that are made again, and what a crash has left incomplete.
    private func drop(later run: TrackedRun, from path: String) throws {
        do throws(FileError) {
            let bytes = try SafeFile.contents(path, limit: Self.largestFile)
            let records = EventRecord.records(of: bytes).filter { record in
                let set = record.tag.flatMap { $0.split(separator: "/").first.map(String.init) }
                return run.keeps(step: record.step, set: ["validation", "test"].contains(set) ? set : nil)
            }
            resumed.tags.formUnion(records.filter { $0.step == run.step }.compactMap(\.tag))
            let kept = records.flatMap(\.bytes)
            guard kept.count < bytes.count else { return }
            let file = try AtomicFile(replacing: path, isOwn: true)
            var failure: FileError?
            kept.withUnsafeBytes { raw in
                do throws(FileError) { try file.write(raw) } catch { failure = error }
            }
            if let failure { throw failure }
            try file.commit()
        } catch {
            throw RunLogError(path, "cannot be continued", code: error.code, reason: error.reason)
        }
    }
}
