extension JSONLines {
    /// The same rows as a CSV table with a header, so that columns are treated as in CSV files. Texts are quoted,
    /// and a missing value is an empty field.
    static func table(_ file: SourceFile) throws(DatasetError) -> SourceFile {
        var lines = JSONLines(file)
        while try lines.next() {}
        guard !lines.columns.isEmpty else {
            throw DatasetError(
                .empty, file.path, "there are no rows", advice: "give a file with at least one row")
        }
        var table = ContiguousArray<UInt8>()
        table.reserveCapacity(file.bytes.count)
        for (column, name) in lines.columns.enumerated() {
            append(Array(name.utf8), to: &table, isFirst: column == 0)
        }
        table.append(0x0A)
        lines.rewind()
        while try lines.next() {
            guard !lines.isBlank else {
                table.append(0x0A)
                continue
            }
            for (column, value) in lines.row.enumerated() {
                switch value {
                case .text(let range): append(try lines.decoded(range), to: &table, isFirst: column == 0)
                case .plain(let range):
                    if column > 0 { table.append(0x2C) }
                    table.append(contentsOf: file.bytes[range])
                case .missing: if column > 0 { table.append(0x2C) }
                }
            }
            table.append(0x0A)
        }
        return SourceFile(path: file.path, block: MemoryBlock(copying: table))
    }

    private static func append(_ text: [UInt8], to table: inout ContiguousArray<UInt8>, isFirst: Bool) {
        if !isFirst { table.append(0x2C) }
        table.append(0x22)
        for byte in text {
            if byte == 0x22 { table.append(byte) }
            table.append(byte)
        }
        table.append(0x22)
    }
}
