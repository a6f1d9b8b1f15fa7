/// Formats of tables that cannot be read, recognized by their first bytes, for a message that says what to do.
package enum ForeignFormat {
    /// Columns in binary form.
    case parquet
    /// A workbook of Excel or OpenDocument, which is a zip file, or of an older Excel.
    case spreadsheet
    /// A database in one file.
    case sqlite

    /// The format of a file; nil if it is none of these.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.starts(with: "PAR1".utf8) {
            self = .parquet
        } else if bytes.starts(with: "SQLite format 3\0".utf8) {
            self = .sqlite
        } else if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])
            || Self.isWorkbook(bytes)
        {
            self = .spreadsheet
        } else {
            return nil
        }
    }

    /// Whether the first member of a zip file is one with which workbooks begin: its name follows a header of 30 bytes.
    private static func isWorkbook(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard ZipArchive.isArchive(bytes), bytes.count > 64 else { return false }
        let name = bytes[30...]
        return ["[Content_Types].xml", "_rels/", "docProps/", "xl/", "mimetypeapplication/vnd.oasis"]
            .contains { name.starts(with: $0.utf8) }
    }

    /// What it is, and how its data become a table.
    private var words: (name: String, advice: String) {
        switch self {
        case .parquet:
            (
                "a Parquet file",
                "convert it to CSV, for example with pandas: read_parquet(...).to_csv(..., index=False), "
                    + "or with scripts/parquet/convert of the source folder"
            )
        case .spreadsheet: ("a spreadsheet", "export it as CSV")
        case .sqlite: ("an SQLite database", "export the table as CSV")
        }
    }

    /// Requires that a file is in none of these formats.
    package static func refuse(_ file: SourceFile) throws(DatasetError) {
        guard let (name, advice) = Self(file.bytes)?.words else { return }
        throw DatasetError(
            .format, file.path, "this is \(name), which cannot be read as a table", advice: advice)
    }
}
