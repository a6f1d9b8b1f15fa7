import LockstepReaders

/// A run file for a table.
struct TableRunFile {
    let paths: [String]
    let survey: TableSurvey
    let spelling: Spelling
    let uses: [ColumnUse]
    let target: Int
    let isRegression: Bool

    private func names(_ isWanted: (ColumnUse) -> Bool) -> [String] {
        uses.indices.filter { $0 != target && isWanted(uses[$0]) }.map { survey.columns[$0].name }
    }

    var text: String {
        let files = paths.count == 1 ? Description.yaml(paths[0]) : Description.yaml(paths)
        var lines = ["train: \(files)", "target: \(Description.yaml(survey.columns[target].name))"]
        if isRegression { lines.append("task: regression") }
        if !survey.isJSONLines { lines += written }
        func list(_ key: String, _ names: [String]) {
            if !names.isEmpty { lines.append("\(key): \(Description.yaml(names))") }
        }
        list("categorical", names { $0 == .category })
        list("id", names { $0 == .identifier })
        list("ignore", names { if case .none = $0 { true } else { false } })
        lines += special
        if uses.indices.contains(where: { $0 != target && uses[$0].isInput && canMiss($0) }) {
            lines.append("missing: mean")
        }
        if survey.blankLines > 0 { lines.append("blank_lines: skip") }
        if survey.rows >= 20 { lines.append("validation: 0.2") }
        let batch = Description.batch(samples: survey.rows)
        return """
            model:
              mlp: {hidden: [64, 64]}
            data:
              \(survey.isJSONLines ? "jsonl" : "csv"):
            \(lines.map { "    \($0)\n" }.joined())batch: \(batch)
            epochs: 20
            optimizer: {adam: {learning_rate: 0.001}}

            """
    }

    private func canMiss(_ column: Int) -> Bool {
        if case .text = uses[column] { return false }
        return survey.columns[column].missing > 0
    }

    /// How the text of a table in CSV is written.
    private var written: [String] {
        var lines: [String] = []
        if survey.delimiter != UInt8(ascii: ",") {
            lines.append(
                "delimiter: \"\(survey.delimiter == 9 ? "\\t" : String(UnicodeScalar(survey.delimiter)))\"")
        }
        if !survey.hasHeader { lines.append("header: false") }
        if survey.skippedLines > 0 { lines.append("skip_lines: \(survey.skippedLines)") }
        if survey.repeatedNames != nil {
            lines.append("names: \(Description.yaml(survey.columns.map(\.name)))")
        }
        if survey.encoding != .utf8 { lines.append("encoding: \(survey.encoding.rawValue)") }
        switch spelling {
        case .plain: break
        case .thousands: lines.append("thousands: \",\"")
        case .comma: lines += ["decimal: \",\"", "thousands: \".\""]
        }
        return lines
    }

    /// Dates and texts.
    private var special: [String] {
        var (dates, texts): ([String], [String]) = ([], [])
        for column in uses.indices where column != target {
            let name = Description.yaml(survey.columns[column].name)
            switch uses[column] {
            case .date(let format):
                let hasTime = format.contains("%H")
                dates.append(
                    "  - {column: \(name), format: \(Description.yaml(format)), features: [year], cyclic: "
                        + "[month, day_of_week\(hasTime ? ", hour" : "")]}"
                )
            case .text: texts.append("  - {column: \(name), features: 256}")
            default: continue
            }
        }
        return (dates.isEmpty ? [] : (["dates:"] + dates)) + (texts.isEmpty ? [] : (["hashed:"] + texts))
    }
}
