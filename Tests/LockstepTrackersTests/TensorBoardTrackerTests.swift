import Foundation
import LockstepMetrics
import LockstepPictures
import LockstepTrackers
import Testing

/// Event files: their records are read back with a reader of their own; tests of whole runs use TensorBoard's.
@Suite struct TensorBoardTrackerTests {
    private func tracker() -> any Tracker { TensorBoardTracker.Configuration().make() }

    /// The files of a folder in the order in which readers take them.
    private func files(_ folder: TrackedFolder) throws -> [[UInt8]] {
        let path = folder.path + "/tensorboard"
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\($0)")))
        }
    }

    /// The messages of the records of a file, by their lengths.
    private func messages(_ file: [UInt8]) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var place = 0
        while place + 16 <= file.count {
            let length = file[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            messages.append(Array(file[place + 12..<place + 12 + length]))
            place += 16 + length
        }
        #expect(place == file.count)
        return messages
    }

    /// The steps of the records with scalars of a set: field 2 is behind the time, of 9 bytes.
    private func steps(_ file: [UInt8], _ tag: String) -> [Int] {
        messages(file).filter { message in
            // The table of hyperparameters names tags, too.
            let text = String(decoding: message, as: UTF8.self)
            return text.contains(tag) && (tag.hasPrefix("_hparams_") || !text.contains("_hparams_"))
        }.map { $0[9] == 0x10 ? Int($0[10]) : 0 }
    }

    /// The first record of a file that TensorFlow writes, but for its time: length, checksum of the length, and the text.
    @Test func theFirstRecordIsTheVersion() throws {
        let folder = try TrackedFolder()
        try tracker().begin(folder.run())
        let file = try files(folder)[0]
        #expect(Array(file[0..<12]) == [24, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22])
        #expect(file[12] == 0x09 && Array(file[21..<36]) == [0x1A, 13] + Array("brain.Event:2".utf8))
    }

    @Test func aResumedRunHasEachStepOnce() throws {
        let folder = try TrackedFolder()
        try folder.trainAndResume(tracker)
        let files = try files(folder)
        #expect(files.count == 2)
        #expect(steps(files[0], "training/loss") == [1, 2] && steps(files[1], "training/loss") == [3, 4])
        #expect(steps(files[0], "validation/loss") == [2] && steps(files[1], "validation/loss") == [4])
        #expect(files.allSatisfy { steps($0, "test/loss").isEmpty })
        // The configuration stays in the first file alone.
        #expect(steps(files[0], "batch: 32").count == 1 && steps(files[1], "batch: 32").isEmpty)
        #expect(steps(files[0], "_hparams_/session_start_info").count == 1)
    }

    @Test func whatACrashLeftIsDropped() throws {
        let folder = try TrackedFolder()
        let first = tracker()
        try first.begin(folder.run())
        for step in 1...3 { try first.step(folder.record(step)) }
        let path = folder.path + "/tensorboard/"
        let name = try FileManager.default.contentsOfDirectory(atPath: path)[0]
        var bytes = try files(folder)[0]
        // The checksum of the third step is damaged, and half a record follows.
        bytes[bytes.count - 1] ^= 1
        try Data(bytes + [1, 2, 3]).write(to: URL(fileURLWithPath: path + name))
        try tracker().begin(folder.run(after: 3))
        #expect(steps(try files(folder)[0], "training/loss") == [1, 2])
    }

    @Test func otherFilesStay() throws {
        let folder = try TrackedFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/tensorboard", withIntermediateDirectories: true)
        let other = folder.path + "/tensorboard/events.out.tfevents.1.host"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: other))
        try tracker().begin(folder.run(after: 3))
        #expect(try folder.text("tensorboard/events.out.tfevents.1.host") == "mine")
    }

    /// The evaluation after the step of a checkpoint is not repeated, but the end of a run is.
    @Test func aResumedRunHasEachImageOnce() throws {
        let folder = try TrackedFolder()
        let image = PNGPicture(width: 2, height: 1, pixels: [0, 255])
        let first = tracker()
        try first.begin(folder.run())
        for step in 1...3 { try first.image(image, tag: "samples", step: step) }
        try first.image(image, tag: "test/masks", step: 2)
        let second = tracker()
        try second.begin(folder.run(after: 2))
        for step in 2...3 { try second.image(image, tag: "samples", step: step) }
        try second.image(image, tag: "test/masks", step: 2)
        let files = try files(folder)
        #expect(steps(files[0], "samples") == [1, 2] && steps(files[1], "samples") == [3])
        #expect(steps(files[0], "test/masks").isEmpty && steps(files[1], "test/masks") == [2])
    }

    @Test func aHistogramHasItsBuckets() throws {
        let folder = try TrackedFolder()
        let tracker = tracker()
        try tracker.begin(folder.run())
        try tracker.histograms(
            [
                TrackedHistogram(tag: "gradients/a", values: ValueHistogram([-1, 0.25, 0.25])),
                TrackedHistogram(tag: "gradients/none", values: ValueHistogram([])),
            ], step: 7)
        let file = try files(folder)[0]
        #expect(steps(file, "gradients/a") == [7] && steps(file, "gradients/none").isEmpty)
        func bytes(_ numbers: [Double]) -> [UInt8] {
            numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
        }
        // -1 is the largest value of its bucket, and 0.25 the smallest of another.
        let limits = bytes([-1, 0.25, 0.28125])
        let counts = bytes([1, 0, 2])
        #expect(file.firstRange(of: [0x32, 24] + limits + [0x3A, 24] + counts) != nil)
    }
}
