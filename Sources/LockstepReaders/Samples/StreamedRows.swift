/// Rows of numbers that are read from files when they are needed: their positions, and how their numbers are stored.
package struct StreamedRows: Codable, Sendable {
    /// A file, and how its numbers are stored.
    package struct File: Codable, Sendable {
        package var stamp: FileStamp
        package let element: RawArray.Element
        package let isSwapped: Bool
    }

    /// Consecutive rows of a file: from `first` up to the first row of the next run.
    package struct Run: Codable, Sendable {
        package var first: Int
        package var file: Int
        package let offset: Int
    }

    package var files: [File] = []
    package var runs: [Run] = []
    /// The number of rows.
    package private(set) var count = 0
    /// The number of numbers of a row.
    package let width: Int
    /// The number of channels if they are stored before the pixels and must be moved last; otherwise 0.
    package let leadingChannels: Int

    package init(width: Int, leadingChannels: Int = 0) {
        (self.width, self.leadingChannels) = (width, leadingChannels)
    }

    /// Whether decoded rows are bytes; otherwise they are float32.
    package var isBytes: Bool { files.allSatisfy { $0.element == .uint8 } }
    /// The size of the largest stored row, in bytes.
    package var largestRow: Int { width * (files.map(\.element.byteCount).max() ?? 0) }
    /// The size of a decoded row, in bytes.
    package var decodedRow: Int { width * (isBytes ? 1 : 4) }

    /// Appends the rows of an array.
    /// - Parameters:
    ///   - stamp: the stamp of the file that holds the runs.
    ///   - message: the path of the array in messages.
    /// - Throws: `DatasetError` of kind `truncated` if a row is beyond the end of the file.
    package mutating func append(
        _ added: [ArrayPlace.Run], rows: Int, of stamp: FileStamp, _ element: RawArray.Element,
        isSwapped: Bool, message path: String
    ) throws(DatasetError) {
        guard rows > 0 else { return }
        let size = width * element.byteCount
        for (index, run) in added.enumerated() {
            let end = index + 1 < added.count ? added[index + 1].first : rows
            guard run.first >= 0, end > run.first, run.offset >= 0,
                end - run.first <= (stamp.byteCount - run.offset) / max(1, size),
                run.offset <= stamp.byteCount
            else {
                throw DatasetError(
                    .truncated, path, .byte(stamp.byteCount),
                    "rows \(run.first) to \(end - 1) do not fit into the file",
                    advice: "fetch the file again; it is damaged or not complete")
            }
            // Adjacent chunks form one run.
            if index > 0, let last = runs.last,
                last.offset + (count + run.first - last.first) * size == run.offset
            {
                continue
            }
            runs.append(Run(first: count + run.first, file: files.count, offset: run.offset))
        }
        files.append(File(stamp: stamp, element: element, isSwapped: isSwapped))
        count += rows
    }

    /// Appends all rows of another object.
    package mutating func append(_ other: StreamedRows) {
        for run in other.runs {
            runs.append(Run(first: count + run.first, file: files.count + run.file, offset: run.offset))
        }
        files += other.files
        count += other.count
    }

    /// Whether runs and files are consistent: a description from a file may be forged.
    package var isConsistent: Bool {
        guard count > 0, width > 0, leadingChannels >= 0, runs.first?.first == 0,
            leadingChannels == 0 || width % leadingChannels == 0,
            RawArray.elementCount([count, width], byteCount: 8) != nil
        else { return false }
        return runs.indices.allSatisfy { index in
            let run = runs[index]
            let end = index + 1 < runs.count ? runs[index + 1].first : count
            guard files.indices ~= run.file, run.offset >= 0, end > run.first, end <= count else {
                return false
            }
            let file = files[run.file]
            return run.offset <= file.stamp.byteCount
                && end - run.first
                    <= (file.stamp.byteCount - run.offset) / (width * file.element.byteCount)
        }
    }

    /// The run that contains a row.
    package func run(of row: Int) -> Int {
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].first <= row { low = middle } else { high = middle }
        }
        return low
    }

    /// The first row after a run.
    package func end(ofRun run: Int) -> Int { run + 1 < runs.count ? runs[run + 1].first : count }
}
