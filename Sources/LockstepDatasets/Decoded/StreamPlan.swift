import Foundation
import LockstepFiles
import LockstepReaders
import LockstepTensors
import LockstepTimeline

/// Which inputs of a recipe of arrays exceed the memory for data and are read from their files when they are needed.
struct StreamPlan {
    /// Whether training and validation inputs are read when they are needed.
    let training: Bool
    /// Whether test inputs are read when they are needed.
    let test: Bool
    /// The folder for unpacked files; nil if no folder can be written.
    let folder: String?
    /// The folder for copies of the files on a local disk; nil for none.
    let stage: String?
    private let name: String
    let heartbeat: Heartbeat?

    /// Files are not inspected if this many times their size fits into the memory for data: a byte becomes at most a
    /// float32.
    private static let largestGrowth = 4

    /// - Returns: nil if all inputs are decoded as a whole.
    init?(_ configuration: DataConfiguration, folder: String?, heartbeat: Heartbeat?) {
        guard let recipe = configuration.arrays else { return nil }
        let memory = recipe.memory ?? Self.defaultMemory
        training = Self.isLarge([recipe.trainInputs, recipe.validationInputs], memory)
        test = Self.isLarge([recipe.testInputs], memory)
        guard training || test else { return nil }
        (self.folder, self.heartbeat) = (folder, heartbeat)
        (stage, name) = (recipe.stageTo, configuration.name)
    }

    /// The part of the cache key that the plan adds to the recipe and its files.
    var key: String { "\nread from the files:\(training ? " training" : "")\(test ? " test" : "")" }

    /// The default memory for data: half the memory of this machine or control group.
    static var defaultMemory: Int {
        let limit = MachineMemory.limit().byteCount / 2
        return limit < 0x1p62 ? Int(limit) : .max
    }

    /// The number of bytes of inputs that are read ahead.
    /// - Parameter memory: the value in the run file; nil for the default.
    static func readAheadByteCount(_ memory: Int?) -> Int {
        max(1 << 20, min((memory ?? defaultMemory) / 8, 256 << 20))
    }

    /// Whether decoded inputs exceed the memory for data. Errors in files are left for their reader to report.
    private static func isLarge(_ all: [DataFiles?], _ memory: Int) -> Bool {
        do {
            var arrays: [ArrayName] = []
            for files in all { arrays += try files?.arrays() ?? [] }
            var size = 0
            for path in Set(arrays.map(\.path)) {
                var status = stat()
                if stat(path, &status) == 0 { size += Int(status.st_size) }
            }
            guard size > memory / largestGrowth else { return false }
            var decoded = 0
            for array in arrays {
                guard let place = try ArrayPlace.find(array, needsRuns: false) else { return false }
                decoded += place.elementCount * (place.element == .uint8 ? 1 : 4)
            }
            return decoded > memory
        } catch {
            return false
        }
    }

    /// The rows of several arrays, in the order of the files, and the extents of the concatenated array.
    /// - Returns: nil for arrays that can only be read as a whole.
    func rows(
        _ files: DataFiles, _ layout: DataConfiguration.NPY.Layout
    ) throws(DatasetError) -> (rows: StreamedRows, extents: [Int], element: RawArray.Element)? {
        var result: StreamedRows?
        var first: ArrayPlace?
        for array in try files.arrays() {
            guard let place = try ArrayPlace.find(array) else { return nil }
            if let first {
                guard place.element == first.element, place.extents.dropFirst() == first.extents.dropFirst()
                else {
                    throw ArrayReader.mismatch(
                        place.path, "\(place.extents) \(place.element)", first.path,
                        "\(first.extents) \(first.element)")
                }
            }
            first = first ?? place
            var rows =
                result
                ?? StreamedRows(
                    width: place.width,
                    leadingChannels: layout == .channelsFirst && place.extents.count == 4
                        ? place.extents[1] : 0)
            guard place.width > 0 else { return nil }
            try append(place, array, to: &rows)
            result = rows
        }
        guard let result, let first, result.count > 0 else { return nil }
        var extents = first.extents
        extents[0] = result.count
        if result.leadingChannels > 0 { extents = [extents[0], extents[2], extents[3], extents[1]] }
        return (result, extents, first.element)
    }

    private func append(
        _ place: ArrayPlace, _ array: ArrayName, to rows: inout StreamedRows
    ) throws(DatasetError) {
        switch place.storage {
        case .inFile(let runs, let isSwapped):
            try rows.append(
                runs, rows: place.extents[0], of: FileStamp(array.path), place.element, isSwapped: isSwapped,
                message: place.path)
        case .packed(let packing, let isSwapped):
            let unpacked = try UnpackedArray(array, place, packing, folder: folder, heartbeat: heartbeat)
            try rows.append(
                [ArrayPlace.Run(first: 0, offset: 0)], rows: place.extents[0], of: unpacked.stamp,
                place.element,
                isSwapped: isSwapped, message: place.path)
        }
    }

    /// Opens rows whose positions are known from the cache.
    /// - Throws: `DatasetError` if a file has changed.
    func open(
        _ rows: StreamedRows, narrowing: NumberNarrowing?, checksum: UInt32
    ) throws(DatasetError) -> SampleStream {
        var checked: Set<FileStamp> = []
        for file in rows.files where checked.insert(file.stamp).inserted {
            guard try FileStamp(file.stamp.path) == file.stamp else {
                throw DatasetError(.mismatch, file.stamp.path, "the file has changed", advice: "start again")
            }
        }
        return try SampleStream(rows, at: places(of: rows), narrowing: narrowing, checksum: checksum)
    }

    /// The paths from which rows are read: copies if there are any.
    func places(of rows: StreamedRows) throws(DatasetError) -> [FileStamp] {
        let files = rows.files.map(\.stamp)
        guard let stage else { return files }
        return try StagedFiles(stage, key: "data.\(name).stage_to", heartbeat: heartbeat).copies(of: files)
    }
}
