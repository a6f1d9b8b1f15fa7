/// What becomes of each field of a file's rows: with a header columns are found by name, otherwise by their order.
package struct CSVLayout {
    /// What becomes of a field; numbers and categories carry their place among those of the training file.
    package enum Use: Equatable {
        case target
        case number(Int)
        case category(Int)
        case ignored
        /// A date, with the place of its first number.
        case date(Int, DateColumn)
        /// A text of words, with its place among them.
        case hashed(Int, HashedColumn)
        case weight
        /// A text of predictions, with its place among them.
        case identifier(Int)
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
    /// The texts of words and the texts of predictions of a row.
    package let hashedCount: Int
    package let identifierCount: Int
    /// Whether rows have a weight of the training file's column.
    package let hasWeight: Bool
    /// What takes the place of each field's missing value; nil for what the format says of all.
    package private(set) var imputations: [ColumnImputation?]
    /// For each field its place among those with an input that says whether they are missing; nil for others.
    package private(set) var indicators: [Int?]
    package let indicatorCount: Int

    /// Whether rows have a target.
    package var hasTarget: Bool { uses.contains(.target) }

    /// The layout of the training file itself.
    package init(of columns: CSVColumns) {
        names = columns.names
        imputations = columns.names.indices.map { columns.imputation($0) }
        var indicated = 0
        indicators = imputations.map { imputation in
            guard imputation?.hasIndicator == true else { return nil }
            indicated += 1
            return indicated - 1
        }
        indicatorCount = indicated
        var (numbers, texts, identifiers) = (0, 0, 0)
        uses = columns.roles.map { role in
            switch role {
            case .target: return .target
            case .category(let place): return .category(place)
            case .ignored: return .ignored
            case .weight: return .weight
            case .number:
                numbers += 1
                return .number(numbers - 1)
            case .date(let date):
                numbers += date.width
                return .date(numbers - date.width, date)
            case .hashed(let text):
                texts += 1
                return .hashed(texts - 1, text)
            case .identifier:
                identifiers += 1
                return .identifier(identifiers - 1)
            }
        }
        numberCount = numbers
        categoryCount = columns.vocabularies.count
        hashedCount = texts
        identifierCount = identifiers
        hasWeight = columns.hasWeight
    }

    /// Whether a file other than the training file may be without a column.
    private static func canLack(_ use: Use, isTargetOptional: Bool) -> Bool {
        switch use {
        case .ignored, .identifier, .weight: true
        case .target: isTargetOptional
        default: false
        }
    }

    /// The layout of another file with a header: the same columns in any order, those that are ignored or not known left out or not.
    /// - Parameter isTargetOptional: whether the file may be without the target column.
    package init(
        header: [String], columns: CSVColumns, format: TableFormat, isTargetOptional: Bool,
        path: String
    ) throws(DatasetError) {
        self.init(of: columns)
        let known = Dictionary(zip(names, uses)) { first, _ in first }
        let filled = Dictionary(zip(names, zip(imputations, indicators))) { first, _ in first }
        if let twice = CSVColumns.duplicate(header.filter { known[$0, default: .ignored] != .ignored }) {
            throw DatasetError(
                .format, path, .line(1), "two columns are named '\(twice)'",
                advice: "rename one of them, or list the names of all columns under names")
        }
        let found = Set(header)
        let needed = zip(names, uses).filter { !Self.canLack($1, isTargetOptional: isTargetOptional) }
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
        imputations = header.map { filled[$0]?.0 }
        indicators = header.map { filled[$0]?.1 }
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
            imputations.remove(at: target)
            indicators.remove(at: target)
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
