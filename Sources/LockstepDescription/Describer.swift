import Glibc
import LockstepReaders
import LockstepText

/// Examines files and folders, and describes their contents.
package struct Describer {
    /// How files are described.
    package struct Request {
        /// Paths and patterns.
        package var files: [String]
        /// The format; nil to detect it from the first file.
        package var format: FileFormat?
        /// The array of inputs; nil to guess it.
        package var inputs: String?
        /// The column of a table or the array to predict; nil to guess it.
        package var target: String?
        /// The number of problems of each kind to show.
        package var limit: Int

        package init(
            files: [String], format: FileFormat? = nil, inputs: String? = nil, target: String? = nil,
            limit: Int = 10
        ) {
            (self.files, self.format, self.limit) = (files, format, limit)
            (self.inputs, self.target) = (inputs, target)
        }
    }

    /// The maximum number of bytes of a compressed file to unpack.
    private static let mostUnpacked = 1 << 28

    /// Describes files as one data set.
    /// - Throws: `DatasetError` for files that do not exist or have an unknown format.
    package static func describe(_ request: Request) throws(DatasetError) -> Description {
        let paths = try DataFiles(request.files).paths()
        guard let first = paths.first else {
            throw DatasetError(.missing, nil, "there are no files", advice: "name at least one")
        }
        let format: FileFormat
        if let given = request.format {
            format = given
        } else {
            format = try FileFormat.detect(first, mostUnpacked)
        }
        let isArray = [.npy, .npz, .hdf5, .idx].contains(format)
        guard request.inputs == nil || isArray else {
            throw DatasetError(
                .mismatch, first, "the format is \(format.rawValue), which has no arrays to choose",
                advice: "leave --inputs out")
        }
        switch format {
        case .csv, .jsonl:
            var survey = TableSurvey(isJSONLines: format == .jsonl, limit: request.limit)
            for path in paths { try survey.add(path, unpackingAtMost: mostUnpacked) }
            let table = try TableDescription(paths, survey, target: request.target)
            guard table.hasOtherFirstLine else { return table.describe() }
            survey = TableSurvey(isJSONLines: false, limit: request.limit, skippedLines: 1)
            try survey.add(first, unpackingAtMost: mostUnpacked)
            return try TableDescription(paths, survey, target: request.target).describe()
        case .npy, .npz, .hdf5, .idx:
            var arrays = ArrayDescription(
                format, inputs: request.inputs, target: request.target, limit: request.limit)
            for path in paths { arrays.add(path, unpackingAtMost: mostUnpacked) }
            return try arrays.describe()
        case .imageFolder, .soundFolder, .imageShards:
            return FolderDescription(format: format, paths: paths, limit: request.limit).describe()
        case .cifar10: return cifar10(paths, request.limit)
        case .text: return try text(paths, request.limit)
        }
    }

    private static func cifar10(_ paths: [String], _ limit: Int) -> Description {
        var result = Description()
        result.problems = ProblemList(limit: limit)
        var isDirectory = stat()
        let isFolder = stat(paths[0], &isDirectory) == 0 && isDirectory.st_mode & S_IFMT == S_IFDIR
        let inner = "\(paths[0])/cifar-10-batches-bin"
        let folder = access(inner, F_OK) == 0 ? inner : paths[0]
        let files =
            isFolder ? (1...5).map { "\(folder)/data_batch_\($0).bin" } + ["\(folder)/test_batch.bin"] : paths
        var counts = [Int](repeating: 0, count: CIFAR10Reader.classNames.count)
        for file in files {
            do throws(DatasetError) {
                for label in try CIFAR10Reader.read([file]).labels { counts[Int(label)] += 1 }
            } catch {
                result.problems.add("files that cannot be read", error)
            }
        }
        result.facts = [
            ["format", "cifar10, images of 32 x 32 pixels in 3 colors"],
            ["images", grouped(counts.reduce(0, +))],
        ]
        result.table =
            [["class", "images"]] + zip(CIFAR10Reader.classNames, counts).map { [$0, grouped($1)] }
        if isFolder, result.problems.isEmpty {
            result.runFile = """
                model: cnn
                data:
                  cifar10:
                    directory: \(Description.yaml(paths[0]))
                    validation: 0.1
                batch: 64
                epochs: 10
                optimizer: {adam: {learning_rate: 0.001}}

                """
        }
        return result
    }

    private static func text(_ paths: [String], _ limit: Int) throws(DatasetError) -> Description {
        var result = Description()
        result.problems = ProblemList(limit: limit)
        var (bytes, lines) = (0, 0)
        var seen = [Bool](repeating: false, count: 256)
        for path in paths {
            let (file, isCut) = try SourceFile.mapped(path, unpackingAtMost: mostUnpacked)
            bytes += file.bytes.count
            for byte in file.bytes {
                seen[Int(byte)] = true
                if byte == 0x0A { lines += 1 }
            }
            if isCut {
                result.notes.append(
                    "\(path): only the first \(grouped(mostUnpacked)) unpacked bytes were examined")
            }
            if file.bytes.isEmpty {
                result.problems.add("files that are empty", [path])
            } else if let place = TextEncoding.firstInvalid(file.bytes[...]) {
                result.notes.append(
                    "\(path): byte \(place) is not UTF-8; training is possible, since a text is read as bytes"
                )
            }
        }
        result.facts = [
            ["format", "text"], ["bytes", grouped(bytes)], ["lines", grouped(lines)],
            ["different bytes", "\(seen.count { $0 })"],
        ]
        let context = min(128, max(8, bytes / 100))
        guard bytes > 20 * context else {
            result.problems.add(
                "texts that are too short to train on", ["\(paths[0]): \(grouped(bytes)) bytes"])
            return result
        }
        result.runFile = """
            model:
              gpt: {layers: 2, heads: 4, width: 64}
            data:
              text:
                path: \(paths.count == 1 ? Description.yaml(paths[0]) : Description.yaml(paths))
                context: \(context)
                validation: 0.1
            batch: 8
            epochs: 1
            optimizer: {adamw: {learning_rate: 0.001}}

            """
        return result
    }
}
