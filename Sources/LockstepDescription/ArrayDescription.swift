import LockstepReaders
import LockstepText

/// Describes arrays of NPY, NPZ, HDF5 and IDX files.
struct ArrayDescription {
    /// An array: its place, shape and values.
    struct Entry {
        let path: String
        /// Nil if the file has one array.
        let name: String?
        let extents: [Int]
        let type: String
        var range = ""
        var missing = 0
        var areWhole = true
        /// The number of distinct values; nil if there are many.
        var classes: Int?
        var smallest = Double.infinity

        var reference: String { name.map { "\(path):\($0)" } ?? path }

        /// Without the file if it is that of another array.
        func reference(beside other: Entry) -> String { path == other.path ? name ?? path : reference }
    }

    /// The maximum number of numbers to examine.
    private static let mostNumbers = 50_000_000

    private let format: FileFormat
    /// The arrays of inputs and targets that the user chose; nil to guess them.
    private let chosen: (inputs: String?, target: String?)
    private var entries: [Entry] = []
    private var result = Description()

    init(_ format: FileFormat, inputs: String? = nil, target: String? = nil, limit: Int) {
        self.format = format
        chosen = (inputs, target)
        result.problems = ProblemList(limit: limit)
    }

    /// Adds the arrays of a file; files that cannot be read are listed as problems.
    mutating func add(_ path: String, unpackingAtMost limit: Int) {
        let format = format
        do throws(DatasetError) {
            switch format {
            case .hdf5:
                let (names, hasMore) = try ArrayListing.hdf5(path)
                guard !names.isEmpty else {
                    throw DatasetError(.empty, path, "it has no data sets", advice: "check the file")
                }
                if hasMore {
                    result.notes.append("\(path): the file has more data sets than those listed here")
                }
                let missing = [chosen.inputs, chosen.target].compactMap { $0 }
                    .map { $0.hasPrefix("/") ? $0 : "/" + $0 }.filter { hasMore && !names.contains($0) }
                for name in names + missing {
                    add(path, name) { () throws(DatasetError) in try HDF5Reader.read(path, name) }
                }
            default:
                let (file, isCut) = try SourceFile.mapped(path, unpackingAtMost: limit)
                guard !isCut else {
                    throw DatasetError(
                        .tooLarge, path, "it has more than \(limit) bytes when unpacked",
                        advice: "unpack the file first")
                }
                if format == .npz {
                    for name in try ArrayListing.npz(file) {
                        add(path, name) { () throws(DatasetError) in try NPZReader.parse(file, name) }
                    }
                } else {
                    add(path, nil) { () throws(DatasetError) in
                        try format == .idx ? .numbers(IDXReader.parse(file)) : NPYReader.parse(file)
                    }
                }
            }
        } catch {
            result.problems.add("files that cannot be read", error)
        }
    }

    private mutating func add(
        _ path: String, _ name: String?, _ read: () throws(DatasetError) -> ArrayContent
    ) {
        do throws(DatasetError) {
            switch try read() {
            case .texts(let array):
                var entry = Entry(path: path, name: name, extents: array.extents, type: "text")
                entry.range = CSVColumns.list(array.names.names)
                entry.classes = array.names.names.count
                entries.append(entry)
            case .numbers(let array): entries.append(Self.entry(array, path, name))
            }
        } catch {
            result.problems.add("arrays that cannot be read", error)
        }
    }

    private static func entry(_ array: RawArray, _ path: String, _ name: String?) -> Entry {
        var entry = Entry(path: path, name: name, extents: array.extents, type: array.element.rawValue)
        var (largest, sum, finite) = (-Double.infinity, 0.0, 0)
        var values: Set<Double> = []
        let count = min(array.elementCount, mostNumbers)
        for index in 0..<count {
            let value = array.value(index)
            guard value.isFinite else {
                entry.missing += 1
                continue
            }
            finite += 1
            entry.smallest = min(entry.smallest, value)
            largest = max(largest, value)
            sum += value
            if value != value.rounded() { entry.areWhole = false }
            if values.count <= 1000 { values.insert(value) }
        }
        entry.classes = values.count <= 1000 ? values.count : nil
        guard finite > 0 else { return entry }
        func short(_ value: Double) -> String {
            var buffer = TextBuffer()
            buffer.append(value, digits: 6)
            return String(decoding: buffer.bytes, as: UTF8.self)
        }
        entry.range = "\(short(entry.smallest)) to \(short(largest)), mean \(short(sum / Double(finite)))"
        if count < array.elementCount { entry.range += " of the first \(grouped(count))" }
        return entry
    }

    /// The description of all arrays.
    /// - Throws: `DatasetError` if there is no array of a chosen name.
    func describe() throws(DatasetError) -> Description {
        var result = result
        result.facts = [["format", format.rawValue], ["arrays", "\(entries.count)"]]
        result.table =
            [["array", "type", "shape", "not finite", "values"]]
            + entries.map { entry in
                let different = entry.classes.map { entry.areWhole ? ", \($0) different" : "" } ?? ""
                return [
                    entry.reference, entry.type, "\(entry.extents)", "\(entry.missing)",
                    entry.range + different,
                ]
            }
        for entry in entries where entry.missing > 0 {
            result.problems.add(
                "arrays with numbers that are not finite",
                ["\(entry.reference): \(grouped(entry.missing)) are NaN or infinite"])
        }
        let choice = try ArrayChoice(entries, inputs: chosen.inputs, target: chosen.target)
        result.notes += choice?.notes ?? []
        result.runFile = choice?.runFile(format)
        if result.runFile == nil, result.problems.isEmpty {
            result.notes.append(
                "no run file is suggested: it needs an array of inputs [N, ...] and one of targets [N]")
        }
        return result
    }
}
