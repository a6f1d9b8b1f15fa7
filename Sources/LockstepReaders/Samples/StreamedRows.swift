/// Rows of numbers that are read from files when they are needed: where each lies, and how its numbers are stored.
package struct StreamedRows: Codable, Sendable {
    /// A file, and how its numbers are stored.
    package struct File: Codable, Sendable {
        package var stamp: FileStamp
        package let element: RawArray.Element
        package let isSwapped: Bool
    }

    /// Consecutive rows of a file: those from `first` on, up to the first of the next run.
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
    /// The number of channels where they are stored before the pixels, and are moved behind them; 0 otherwise.
    package let leadingChannels: Int

    package init(width: Int, leadingChannels: Int = 0) {
        (self.width, self.leadingChannels) = (width, leadingChannels)
    }

    /// Whether rows are kept as bytes; otherwise they become float32.
    package var isBytes: Bool { files.allSatisfy { $0.element == .uint8 } }
    /// The size of the largest row as it is stored.
    package var largestRow: Int { width * (files.map(\.element.byteCount).max() ?? 0) }
    /// The size of a row when it is decoded.
    package var decodedRow: Int { width * (isBytes ? 1 : 4) }

    /// Adds the rows of an array behind the others.
    /// - Parameters:
    ///   - stamp: that of the file in which the runs lie.
    ///   - message: the path of the array in messages.
    /// - Throws: `DatasetError` of kind `truncated` if a row lies outside of the file.
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
            // Chunks one behind the other are one run.
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

    /// Adds all rows of others.
    package mutating func append(_ other: StreamedRows) {
        for run in other.runs {
            runs.append(Run(first: count + run.first, file: files.count + run.file, offset: run.offset))
        }
        files += other.files
        count += other.count
    }

    /// Whether runs and files fit each other: a description from a file may be forged.
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

    /// The run that has a row.
    package func run(of row: Int) -> Int {
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].first <= row { low = middle } else { high = middle }
        }
        return low
    }

    /// The first row behind a run.
    package func end(ofRun run: Int) -> Int { run + 1 < runs.count ? runs[run + 1].first : count }
}
