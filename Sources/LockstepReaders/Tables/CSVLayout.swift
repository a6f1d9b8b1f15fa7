/// How each field of a file's rows is used: with a header, columns are found by name, otherwise by position.
package struct CSVLayout {
    /// How a field is used; numbers and categories have their index among those of the training file.
    package enum Use: Equatable {
        case target
        case number(Int)
        case category(Int)
        case ignored
        /// A date, with the index of its first number.
        case date(Int, DateColumn)
        /// A text of words, with its index among those.
        case hashed(Int, HashedColumn)
        case weight
        /// A text that is copied to predictions, with its index among those.
        case identifier(Int)
    }

    /// The names of the file's columns, for messages.
    package private(set) var names: [String]
    /// How each field of a row is used.
    package private(set) var uses: [Use]
    /// The columns that the training file does not have.
    package private(set) var unknown: [String] = []
    /// The numbers of numeric and category columns of a row.
    package let numberCount: Int
    package let categoryCount: Int
    /// The numbers of texts of words, and of texts that are copied to predictions.
    package let hashedCount: Int
    package let identifierCount: Int
    /// Whether the file has the training file's column of weights.
    package let hasWeight: Bool
    /// The replacement for each field's missing value; nil for the one that the format sets for all columns.
    package private(set) var imputations: [ColumnImputation?]
    /// For each field, its index among the fields with an indicator of missing values; nil for others.
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

    /// Whether a file other than the training file may lack a column.
    private static func canLack(_ use: Use, isTargetOptional: Bool) -> Bool {
        switch use {
        case .ignored, .identifier, .weight: true
        case .target: isTargetOptional
        default: false
        }
    }

    /// The layout of another file with a header: the same columns in any order. Ignored columns may be missing, and unknown
    /// columns are ignored.
    /// - Parameter isTargetOptional: whether the file may lack the target column.
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
                advice: (isNone
                    ? "let the first line name the columns" : "add the missing columns, in any order")
                    + "; this file has the columns \(CSVColumns.list(header))")
        }
        names = header
        uses = header.map { known[$0, default: .ignored] }
        imputations = header.map { filled[$0]?.0 }
        indicators = header.map { filled[$0]?.1 }
        unknown = header.filter { known[$0] == nil && !format.ignore.contains($0) }
    }

    /// The layout of another file without header: the same columns in the same order.
    /// - Parameters:
    ///   - fieldCount: the number of fields of its first row.
    ///   - isTargetOptional: whether the file may lack the target column.
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
                    + "but those of \(format.train) have \(names.count)",
                advice:
                    "give the same columns in the same order: without a header, columns are identified by their position"
                    + (isTargetOptional ? "; for predictions the target may be left out" : ""))
        }
    }
}
