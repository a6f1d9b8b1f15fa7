import LockstepReaders
import LockstepText

/// Describes images and recordings in folders of classes, and images in tar archives.
struct FolderDescription {
    let format: FileFormat
    let paths: [String]
    let limit: Int

    /// The maximum number of files to decode; only the headers of the others are read.
    static let mostDecoded = 1000

    func describe() -> Description {
        var result = Description()
        result.problems = ProblemList(limit: limit)
        result.facts = [["format", format.rawValue], ["path", CSVColumns.list(paths)]]
        let files: LabeledFiles
        do throws(DatasetError) {
            files =
                format == .imageShards
                ? try ShardFiles.list(
                    paths, endings: FileFormat.imageEndings, classes: nil, canBeUnlabeled: true)
                : try FolderFiles.list(
                    paths[0],
                    endings: format == .soundFolder ? FileFormat.soundEndings : FileFormat.imageEndings,
                    classes: nil, canBeUnlabeled: true)
        } catch {
            result.problems.add("files that cannot be listed", error)
            return result
        }
        result.notes = files.notes
        result.facts.append(["files", grouped(files.files.count)])
        addClasses(files, to: &result)
        if format == .soundFolder { measureSounds(files, &result) } else { measureImages(files, &result) }
        return result
    }

    private func addClasses(_ files: LabeledFiles, to result: inout Description) {
        guard let labels = files.labels else {
            result.notes.append(
                "there are no classes: the files can be used for prediction, but not for training")
            return
        }
        var counts = [Int](repeating: 0, count: files.classNames.count)
        for label in labels { counts[Int(label)] += 1 }
        result.facts.append(["classes", "\(counts.count)"])
        result.table =
            [["class", "files"]]
            + zip(files.classNames, counts).prefix(50).map { [$0, grouped($1)] }
        if counts.count > 50 { result.notes.append("\(counts.count - 50) more classes are not shown") }
        if counts.count < 2 {
            result.problems.add("data sets with fewer than 2 classes", [paths[0]])
        }
    }

    private func measureImages(_ files: LabeledFiles, _ result: inout Description) {
        let (decoder, buffer) = (ImageDecoder(), FileBuffer())
        var sizes: [(width: Int, height: Int)] = []
        for sample in 0..<files.files.count {
            do throws(DatasetError) {
                try files.files.read(sample, into: buffer)
                let size = try decoder.measure(buffer.bytes, files.files.path(sample))
                if sample < Self.mostDecoded {
                    try decoder.decode(buffer.bytes, channels: 3, files.files.path(sample))
                }
                sizes.append((size.width, size.height))
            } catch {
                result.problems.add("images that cannot be decoded", error)
            }
        }
        noteDecoded(files.files.count, &result)
        guard let widths = Self.quartiles(sizes.map(\.width)),
            let heights = Self.quartiles(sizes.map(\.height))
        else {
            return
        }
        result.facts.append(["width", "\(widths.0) to \(widths.2), median \(widths.1) pixels"])
        result.facts.append(["height", "\(heights.0) to \(heights.2), median \(heights.1) pixels"])
        guard files.labels != nil, files.classNames.count >= 2, sizes.count > 1 else { return }
        let side = max(8, min(64, min(widths.1, heights.1)))
        let batch = max(2, min(32, Description.batch(samples: files.files.count)))
        result.runFile = """
            model: cnn
            data:
              \(format.rawValue):
                train: \(paths.count == 1 ? Description.yaml(paths[0]) : Description.yaml(paths))
                size: [\(side)]
            \(files.files.count >= 20 ? "    validation: 0.2\n" : "")batch: \(batch)
            epochs: 10
            optimizer: {adam: {learning_rate: 0.001}}

            """
    }

    private func measureSounds(_ files: LabeledFiles, _ result: inout Description) {
        let (decoder, buffer) = (SoundDecoder(), FileBuffer())
        var rates: [Int: Int] = [:]
        var lengths: [Double] = []
        for sample in 0..<files.files.count {
            do throws(DatasetError) {
                try files.files.read(sample, into: buffer)
                let header = try decoder.measure(buffer.bytes, files.files.path(sample))
                if sample < Self.mostDecoded { try decoder.decode(buffer.bytes, files.files.path(sample)) }
                rates[header.sampleRate, default: 0] += 1
                lengths.append(Double(header.frames) / Double(max(1, header.sampleRate)))
            } catch {
                result.problems.add("recordings that cannot be decoded", error)
            }
        }
        noteDecoded(files.files.count, &result)
        let sorted = rates.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        result.facts.append([
            "sample rate (Hz)", sorted.map { "\($0.key) (\(grouped($0.value)))" }.joined(separator: ", "),
        ])
        if sorted.count > 1 {
            result.problems.add(
                "data sets with several sample rates",
                ["\(paths[0]): all recordings must have the same sample rate"])
        }
        guard let seconds = Self.quartiles(lengths), let rate = sorted.first?.key else { return }
        result.facts.append([
            "seconds",
            "\(decimals(seconds.0, 2)) to \(decimals(seconds.2, 2)), median \(decimals(seconds.1, 2))",
        ])
        result.notes.append(
            "no run file is suggested: recordings need a task or model for sequences, as in Examples/SpeechDigits, with "
                + "data: {sound_folder: {train: \(Description.yaml(paths[0])), sample_rate: \(rate)}}"
        )
    }

    private func noteDecoded(_ count: Int, _ result: inout Description) {
        if count > Self.mostDecoded {
            result.notes.append(
                "only the headers of files after the first \(grouped(Self.mostDecoded)) were read")
        }
    }

    /// The minimum, the median and the maximum; nil without numbers.
    private static func quartiles<Number: Comparable>(_ numbers: [Number]) -> (Number, Number, Number)? {
        let sorted = numbers.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        return (first, sorted[sorted.count / 2], last)
    }
}
