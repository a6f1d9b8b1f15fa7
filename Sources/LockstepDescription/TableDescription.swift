import LockstepReaders
import LockstepText

/// Describes a table: the role of each column, problems, and a run file.
struct TableDescription {
    let paths: [String]
    let survey: TableSurvey
    /// The column to predict, as named by the user.
    let wanted: String?
    private let spelling: Spelling
    private let uses: [ColumnUse]
    private let target: Int?
    /// Whether the first row of a table without a header is not a row, so that the table must be examined again without it.
    let hasOtherFirstLine: Bool

    private static let targets = ["target", "label", "labels", "class", "y", "outcome", "response"]

    init(_ paths: [String], _ survey: TableSurvey, target wanted: String?) throws(DatasetError) {
        (self.paths, self.survey, self.wanted) = (paths, survey, wanted)
        // The spelling in which most fields are numbers; the first in case of a tie.
        let counts = Spelling.allCases.map { spelling in
            survey.columns.reduce(0) { $0 + $1.numbers[spelling.rawValue].count }
        }
        let best = counts.indices.reduce(0) { counts[$1] > counts[$0] ? $1 : $0 }
        let spelling = survey.isJSONLines ? .plain : Spelling.allCases[best]
        self.spelling = spelling
        let uses = survey.columns.map { ColumnUse($0, spelling) }
        self.uses = uses
        let line = "\(paths[0]):1"
        let others = survey.columns.indices.filter { column in
            if case .number = uses[column] {
                return survey.columns[column].present
                    > survey.columns[column].numbers[spelling.rawValue].count
            }
            return false
        }
        hasOtherFirstLine =
            !survey.hasHeader && !others.isEmpty && paths.count == 1 && survey.skippedLines == 0
            && others.allSatisfy {
                let column = survey.columns[$0]
                return column.others[spelling.rawValue].map(\.place) == [line]
            }
        if let wanted {
            let names = survey.columns.map(\.name)
            let number = Int(wanted).flatMap { !survey.hasHeader && $0 < 0 ? names.count + $0 : nil }
            guard let found = names.firstIndex(of: wanted) ?? number, names.indices.contains(found) else {
                throw DatasetError(
                    .mismatch, paths[0], "there is no column '\(wanted)'",
                    advice: "the columns are \(CSVColumns.list(names))")
            }
            target = found
            return
        }
        let possible = survey.columns.indices.filter {
            switch uses[$0] {
            case .number, .category: true
            default: false
            }
        }
        target =
            possible.first { Self.targets.contains(survey.columns[$0].name.lowercased()) } ?? possible.last
    }

    /// Whether the target is a number rather than a class.
    private var isRegression: Bool {
        guard let target, case .number(let isWhole) = uses[target] else { return false }
        let column = survey.columns[target]
        return !isWhole || column.hasManyValues || column.values.count > 20
            || column.values.count * 5 > column.present
    }

    func describe() -> Description {
        var result = Description()
        let format = survey.isJSONLines ? "JSON lines" : "CSV"
        result.facts = [
            [paths.count == 1 ? "file" : "files", CSVColumns.list(paths)],
            ["format", "\(format), \(grouped(survey.byteCount)) bytes\(details)"],
            ["rows", grouped(survey.rows)], ["columns", grouped(survey.columns.count)],
        ]
        if let target {
            result.facts.append([
                "target",
                survey.columns[target].name + (wanted == nil ? " (a guess; --target names another)" : ""),
            ])
        }
        let shown = survey.columns.indices.prefix(100)
        result.table =
            [["column", "type", "missing", "values"]]
            + shown.map { column in
                let survey = survey.columns[column]
                return [
                    survey.name.isEmpty ? "\"\"" : survey.name, uses[column].name, "\(survey.missing)",
                    values(column),
                ]
            }
        result.notes = survey.notes
        if shown.count < survey.columns.count {
            result.notes.append("\(survey.columns.count - shown.count) more columns are not shown")
        }
        addNotes(to: &result)
        result.problems = survey.problems
        addProblems(to: &result.problems)
        if survey.rows == 0 { result.problems.add("files without rows", [paths[0]]) }
        if let target, survey.rows > 0,
            uses.enumerated().contains(where: { $0.offset != target && $0.element.isInput })
        {
            result.runFile =
                TableRunFile(
                    paths: paths, survey: survey, spelling: spelling, uses: uses, target: target,
                    isRegression: isRegression
                ).text
        }
        return result
    }

    private var details: String {
        guard !survey.isJSONLines else { return "" }
        let delimiter = survey.delimiter == 9 ? "tabs" : "'\(Character(UnicodeScalar(survey.delimiter)))'"
        return
            ", fields separated by \(delimiter), \(survey.hasHeader ? "names in the first line" : "no names in the first line")"
            + (survey.encoding == .utf8 ? "" : ", \(survey.encoding.rawValue)")
    }

    /// A summary of a column's values.
    private func values(_ column: Int) -> String {
        let survey = survey.columns[column]
        let numbers = survey.numbers[spelling.rawValue]
        func short(_ value: Double) -> String {
            var buffer = TextBuffer()
            buffer.append(value, digits: 6)
            return String(decoding: buffer.bytes, as: UTF8.self)
        }
        let frequent =
            survey.frequent.prefix(4).map { "\($0.value) \(grouped($0.count))" }.joined(separator: ", ")
            + (survey.values.count > 4 ? ", ... (\(survey.values.count))" : "")
        switch uses[column] {
        case .number where column == target && !isRegression: return "classes \(frequent)"
        case .number:
            return
                "\(short(numbers.smallest)) to \(short(numbers.largest)), mean \(short(numbers.sum / Double(numbers.count)))"
        case .category: return (column == target ? "classes " : "") + frequent
        case .date(let format): return format
        case .text, .identifier:
            return survey.hasManyValues
                ? "more than \(ColumnSurvey.mostValues) different" : "\(survey.values.count) different"
        case .none: return frequent
        }
    }

    private func addNotes(to result: inout Description) {
        if let names = survey.repeatedNames {
            result.notes.append(
                "the first line has repeated or empty names (\(names)): the run file lists unique names under names"
            )
        }
        if survey.blankLines > 0 {
            result.notes.append("\(grouped(survey.blankLines)) blank lines: the run file skips them")
        }
        if survey.skippedLines > 0 {
            result.notes.append(
                "\(counted(survey.skippedLines, "line")) before the table: the run file skips \(survey.skippedLines == 1 ? "it" : "them")"
            )
        }
        guard let target, !isRegression else { return }
        let single = survey.columns[target].frequent.filter { $0.count == 1 }
        if !single.isEmpty {
            result.notes.append("classes with a single row: \(CSVColumns.list(single.map(\.value)))")
        }
    }

    private func addProblems(to problems: inout ProblemList) {
        for (column, use) in uses.enumerated() {
            let survey = survey.columns[column]
            if case .number = use, column != target || isRegression {
                let others = survey.others[spelling.rawValue]
                problems.add(
                    "fields that are not numbers, in columns of numbers (list texts for a missing value under missing_values)",
                    others.map { "\($0.place): '\($0.text)' in column '\(survey.name)'" },
                    count: survey.present - survey.numbers[spelling.rawValue].count)
            }
            if column == target {
                problems.add(
                    "rows without a target",
                    survey.missingPlaces.map { "\($0): column '\(survey.name)' has no value" },
                    count: survey.missing)
            }
        }
        guard let target else {
            return problems.add("tables without a column that can be predicted", [paths[0]])
        }
        switch uses[target] {
        case .number, .category: return
        default:
            problems.add(
                "columns that cannot be targets",
                ["\(paths[0]): column '\(survey.columns[target].name)': \(uses[target].name)"])
        }
    }
}
