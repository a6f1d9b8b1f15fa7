/// The texts that stand for a missing value in a table.
package struct MissingTexts {
    /// The default: the texts that pandas and R write, and a question mark.
    package static let defaults = [
        "", "?", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "NULL", "null", "Null", "None", "none",
    ]

    private let texts: [[UInt8]]
    private let longest: Int

    package init(_ texts: [String]) {
        self.texts = texts.map { Array($0.utf8) }
        longest = self.texts.map(\.count).max() ?? 0
    }

    package func contains(_ field: CSVScanner.Field) -> Bool {
        field.count <= longest && texts.contains { $0.count == field.count && $0.elementsEqual(field) }
    }
}
