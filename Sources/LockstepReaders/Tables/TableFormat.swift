/// The format of a table's file, and the roles of its columns.
package struct TableFormat: Sendable {
    /// The file of training rows, for messages.
    package var train: String
    /// The column to predict. Without header columns are named 0, 1, ...; -1 is the last.
    package var target: String
    /// The columns of categories, whose values are names.
    package var categorical: [String]
    /// The columns that are left out.
    package var ignore: [String]
    /// Whether the target is a number (regression); otherwise it is a class.
    package var isRegression: Bool
    /// Whether the first line names the columns.
    package var header: Bool
    /// The character between fields.
    package var delimiter: String
    /// The character encoding of the file.
    package var encoding: TextEncoding
    /// Whether values may be missing; otherwise a missing value is an error.
    package var canMiss: Bool
    /// The texts that stand for a missing value.
    package var missingValues: [String]
    /// Whether the numbers will be standardised.
    package var standardizesNumbers: Bool
    /// Whether numeric targets will be standardised.
    package var standardizesTargets: Bool
    /// Whether the files are JSON lines instead of CSV.
    package var isJSONLines: Bool
    /// How columns of special kinds are treated.
    package var treatment: TableTreatment
    /// How the text is written.
    package var text: TableText

    package init(
        train: String, target: String, categorical: [String], ignore: [String], isRegression: Bool,
        header: Bool, delimiter: String, encoding: TextEncoding, canMiss: Bool, missingValues: [String],
        standardizesNumbers: Bool, standardizesTargets: Bool, isJSONLines: Bool = false,
        treatment: TableTreatment = TableTreatment(), text: TableText = TableText()
    ) {
        self.train = train
        self.target = target
        self.categorical = categorical
        self.ignore = ignore
        self.isRegression = isRegression
        self.header = header
        self.delimiter = delimiter
        self.encoding = encoding
        self.canMiss = canMiss
        self.missingValues = missingValues
        self.standardizesNumbers = standardizesNumbers
        self.standardizesTargets = standardizesTargets
        self.isJSONLines = isJSONLines
        self.treatment = treatment
        self.text = text
    }
}
