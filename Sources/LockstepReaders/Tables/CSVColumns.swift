/// The role of each column of a training file in CSV. Checkpoints store it.
package struct CSVColumns: Codable, Sendable, Equatable {
    /// The role of a column; a category has its index in `vocabularies`.
    package enum Role: Codable, Sendable, Equatable {
        case target
        case number
        case category(Int)
        case ignored
        case date(DateColumn)
        case hashed(HashedColumn)
        /// The weights of rows.
        case weight
        /// A text that is copied to predictions.
        case identifier
    }

    /// The columns' names, or their numbers if there is no header.
    package private(set) var names: [String]
    /// The role of each column.
    package internal(set) var roles: [Role]
    /// The names of each column of categories, from the training file.
    package var vocabularies: [CSVVocabulary]
    /// The names of the classes.
    package var classes = CSVVocabulary()
    /// The replacement for missing values, by column; nil if it is the same for all columns.
    package private(set) var imputations: [ColumnImputation]?

    /// Finds the columns named by a format.
    package init(
        names: [String], format: TableFormat, path: String
    ) throws(DatasetError) {
        self.names = names
        vocabularies = format.categorical.map { _ in CSVVocabulary() }
        roles = [Role](repeating: .number, count: names.count)
        let finder = CSVColumnFinder(names: names, format: format, path: path)
        roles[try finder.column(format.target)] = .target
        func assign(
            _ name: String, _ role: Role, _ problem: @autoclosure () -> String
        ) throws(DatasetError) {
            let index = try finder.column(name)
            guard roles[index] == .number else { throw finder.failure(problem(), advice: "name it once") }
            roles[index] = role
        }
        for name in format.categorical {
            try assign(name, .category(0), "column '\(name)' is named twice, as target or category")
        }
        for name in format.ignore {
            try assign(name, .ignored, "column '\(name)' is both ignored and used")
        }
        let treatment = format.treatment
        for (key, column, role) in treatment.identifiers.map({ ("id", $0, Role.identifier) })
            + (treatment.sampleWeight.map { [("sample_weight", $0, .weight)] } ?? [])
            + treatment.dates.map({ ("dates", $0.column, .date($0)) })
            + treatment.hashed.map({ ("hashed", $0.column, .hashed($0)) })
        {
            try assign(column, role, "column '\(column)' is named under \(key) and elsewhere")
        }
        guard roles.contains(where: Self.isInput) else {
            throw finder.failure(
                "no column is left to predict '\(format.target)' from",
                advice: "check the delimiter '\(format.delimiter)' and the list of ignored columns")
        }
        // Categories are numbered in the order of the columns, in which rows are read.
        var place = 0
        for index in roles.indices where roles[index] == .category(0) {
            roles[index] = .category(place)
            place += 1
        }
        imputations = try finder.imputations(roles)
    }

    /// Whether a column becomes inputs.
    package static func isInput(_ role: Role) -> Bool {
        switch role {
        case .number, .category, .date, .hashed: true
        case .target, .ignored, .weight, .identifier: false
        }
    }

    /// Whether one column holds weights.
    package var hasWeight: Bool { roles.contains(.weight) }

    /// The names of the columns that are copied to predictions.
    package var identifierNames: [String] { zip(names, roles).filter { $1 == .identifier }.map(\.0) }

    /// The replacement for a column's missing values; nil for the one that the format sets for all columns.
    package func imputation(_ column: Int) -> ColumnImputation? {
        imputations?.first { $0.column == column }
    }

    /// An input of a row.
    package struct Element {
        /// A column's name, or column=category and the like.
        package var name: String
        /// The column.
        package var column: Int
        /// Its index among the numbers of a row; nil for a category, a count of words, or an indicator.
        package var number: Int?
    }

    /// The inputs of a row, in the order of the columns.
    package var elements: [Element] {
        var elements: [Element] = []
        var number = 0
        for (column, role) in roles.enumerated() {
            let name = names[column]
            func append(_ names: [String], areNumbers: Bool = false) {
                for name in names {
                    elements.append(Element(name: name, column: column, number: areNumbers ? number : nil))
                    if areNumbers { number += 1 }
                }
            }
            switch role {
            case .number: append([name], areNumbers: true)
            case .category(let place): append(vocabularies[place].names.map { "\(name)=\($0)" })
            case .date(let date): append(date.featureNames(name), areNumbers: true)
            case .hashed(let text): append(text.featureNames(name))
            case .target, .ignored, .weight, .identifier: continue
            }
            if imputation(column)?.hasIndicator == true { append(["\(name) is missing"]) }
        }
        return elements
    }

    /// The names of the inputs: a column's name, or column=category.
    package var featureNames: [String] { elements.map(\.name) }

    /// The first name that occurs twice.
    package static func duplicate(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }

    /// The first twelve names and the number of the others, for a message.
    package static func list(_ names: [String]) -> String {
        let shown = names.prefix(12).joined(separator: ", ")
        return names.count > 12 ? "\(shown), and \(names.count - 12) more" : shown
    }
}
