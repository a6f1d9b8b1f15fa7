import LockstepReaders
import LockstepText

/// The probable role of a column.
enum ColumnUse: Equatable {
    case number(isWhole: Bool)
    case category
    case date(String)
    case text
    case identifier
    /// Useless for learning, with the reason.
    case none(String)

    /// The maximum number of names that are suggested as categories.
    static let mostCategories = 100
    private static let names = [
        "", "id", "index", "idx", "row", "rownames", "rowid", "nr", "no", "key", "uuid",
    ]

    init(_ column: ColumnSurvey, _ spelling: Spelling) {
        let numbers = column.numbers[spelling.rawValue]
        let present = column.present
        let lower = column.name.lowercased()
        let isNamed = Self.names.contains(lower) || lower.hasSuffix("_id") || lower.hasPrefix("unnamed")
        guard present > 0 else {
            self = .none("empty")
            return
        }
        if !column.hasManyValues, column.values.count == 1, present > 1 {
            self = .none("the same in all rows")
        } else if let (format, _) = column.dates.first, numbers.count < present || format == "%Y%m%d" {
            self = numbers.areConsecutive && numbers.count == present ? .number(isWhole: true) : .date(format)
        } else if numbers.count == present || present >= 10 && numbers.count * 10 >= present * 9 {
            self = isNamed && numbers.areConsecutive ? .identifier : .number(isWhole: numbers.areWhole)
        } else if !column.hasManyValues, column.values.count <= Self.mostCategories,
            column.values.count * 2 <= present || column.values.count <= 10
        {
            self = .category
        } else if column.words >= 3 * present {
            self = .text
        } else if isNamed || column.hasManyValues || column.values.count * 10 >= present * 9 {
            self = column.words >= 2 * present ? .text : .identifier
        } else {
            self = .text
        }
    }

    var name: String {
        switch self {
        case .number(let isWhole): isWhole ? "whole number" : "number"
        case .category: "category"
        case .date: "date"
        case .text: "text"
        case .identifier: "identifier"
        case .none(let reason): reason
        }
    }

    /// Whether it can be an input.
    var isInput: Bool {
        switch self {
        case .number, .category, .date, .text: true
        case .identifier, .none: false
        }
    }
}
