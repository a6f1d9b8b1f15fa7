/// What becomes of each field of a file's rows: with a header columns are found by name, otherwise by their order.
package struct CSVLayout {
    /// What becomes of a field; numbers and categories carry their place among those of the training file.
    package enum Use: Equatable {
        case target
        case number(Int)
        case category(Int)
        case ignored
    }

    /// The names of the file's columns, for messages.
    package private(set) var names: [String]
    /// What becomes of each field of a row.
    package private(set) var uses: [Use]
    /// The columns that the training file does not have.
    package private(set) var unknown: [String] = []
    /// The numbers and the categories of a row.
    package let numberCount: Int
    package let categoryCount: Int

    /// Whether rows have a target.
    package var hasTarget: Bool { uses.contains(.target) }

    /// The layout of the training file itself.
    package init(of columns: CSVColumns) {
        names = columns.names
        var numbers = 0
        uses = columns.roles.map { role in
            switch role {
            case .target: return .target
            case .category(let place): return .category(place)
            case .ignored: return .ignored
            case .number:
                numbers += 1
                return .number(numbers - 1)
            }
        }
        numberCount = numbers
        categoryCount = columns.vocabularies.count
    }

    /// The layout of another file with a header: the same columns in any order, those that are ignored or not known left out or not.
    /// - Parameter isTargetOptional: whether the file may be without the target column.
    package init(
        header: [String], columns: CSVColumns, format: TableFormat, isTargetOptional: Bool,
        path: String
    ) throws(DatasetError) {
        self.init(of: columns)
        let known = Dictionary(zip(names, uses)) { first, _ in first }
        if let twice = CSVColumns.duplicate(header.filter { known[$0, default: .ignored] != .ignored }) {
            throw DatasetError(
                .format, path, .line(1), "two columns are named '\(twice)'", advice: "rename one of them")
        }
        let found = Set(header)
        let needed = zip(names, uses).filter { $1 != .ignored && !($1 == .target && isTargetOptional) }
        let missing = needed.map(\.0).filter { !found.contains($0) }
        guard missing.isEmpty else {
            let isNone = missing.count == needed.count
            throw DatasetError(
                .mismatch, path, .line(1),
                missing.count == 1
                    ? "column '\(missing[0])' of \(format.train) is missing"
                    : "\(missing.count) columns of \(format.train) are missing: \(CSVColumns.list(missing))",
                advice: (isNone ? "let the first line name the columns" : "add what is missing, in any order")
                    + "; those of this file are \(CSVColumns.list(header))")
        }
        names = header
        uses = header.map { known[$0, default: .ignored] }
        unknown = header.filter { known[$0] == nil && !format.ignore.contains($0) }
    }

    /// The layout of another file without header: the same columns in the same order.
    /// - Parameters:
    ///   - fieldCount: that of its first row.
    ///   - isTargetOptional: whether the file may be without the target column.
    package init(
        fieldCount: Int, columns: CSVColumns, format: TableFormat, isTargetOptional: Bool,
        path: String
    ) throws(DatasetError) {
        self.init(of: columns)
        if isTargetOptional, fieldCount == names.count - 1, let target = uses.firstIndex(of: .target) {
            names.remove(at: target)
            uses.remove(at: target)
        }
        guard fieldCount == names.count else {
            throw DatasetError(
                .mismatch, path, .line(1),
                "the row has \(fieldCount) field\(fieldCount == 1 ? "" : "s"), "
                    + "those of \(format.train) have \(names.count)",
                advice:
                    "give as many in the same order: without a header, columns are identified by their position"
                    + (isTargetOptional ? "; for predictions the target may be left out" : ""))
        }
    }
}
