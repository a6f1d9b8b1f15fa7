/// Detects whether a table has another delimiter than the configured one, for the message of a failure.
package enum CSVDelimiter {
    /// The delimiters that are tried.
    private static let candidates: [UInt8] = Array(",;\t|".utf8)

    /// The number of rows that are examined.
    private static let rowCount = 5

    /// How well a delimiter fits the first rows of a file.
    private struct Fit {
        /// The number of fields of the first row that are names of wanted columns.
        var known = 0
        /// The number of fields of the first row.
        var fields = 0
        /// Whether all rows have the same number of fields.
        var isEven = true
    }

    /// The same error, but with advice to set another delimiter if that fits better.
    /// - Parameters:
    ///   - error: the error in the file.
    ///   - names: the names of the wanted columns; empty if the first row is not a header.
    package static func advise(
        _ error: DatasetError, on file: SourceFile, delimiter: UInt8, names: Set<String>
    ) -> DatasetError {
        guard error.kind != .empty else { return error }
        let now = fit(delimiter, file, names)
        var best: (delimiter: UInt8, fit: Fit)?
        for other in candidates where other != delimiter {
            let fit = fit(other, file, names)
            guard fit.isEven, fit.fields > 1, fit.known >= now.known else { continue }
            guard fit.known > now.known || now.fields <= 1 || !now.isEven else { continue }
            if let best, (best.fit.known, best.fit.fields) >= (fit.known, fit.fields) { continue }
            best = (other, fit)
        }
        guard let best else { return error }
        let character = best.delimiter == UInt8(ascii: "\t") ? "\\t" : String(UnicodeScalar(best.delimiter))
        var advised = error
        advised.advice =
            "the first line has \(best.fit.fields) fields when it is split at \(name(best.delimiter)): "
            + "set delimiter: \"\(character)\" (--set 'data.csv.delimiter=\"\(character)\"')"
        return advised
    }

    /// How well a delimiter fits.
    private static func fit(_ delimiter: UInt8, _ file: SourceFile, _ names: Set<String>) -> Fit {
        var scanner = CSVScanner(file, delimiter: delimiter)
        var fit = Fit()
        do throws(DatasetError) {
            let first = try scanner.row()
            fit.fields = first.count
            fit.known = names.intersection(first).count
            for _ in 1..<rowCount {
                guard try !scanner.isAtEnd() else { break }
                if try scanner.row().count != fit.fields { fit.isEven = false }
            }
        } catch {
            // Quotes in wrong places, perhaps only because of the delimiter.
            fit.isEven = false
        }
        return fit
    }

    /// The name of a delimiter in the plural.
    private static func name(_ delimiter: UInt8) -> String {
        switch delimiter {
        case UInt8(ascii: ","): "commas"
        case UInt8(ascii: ";"): "semicolons"
        case UInt8(ascii: "\t"): "tabs"
        default: "vertical bars"
        }
    }
}
