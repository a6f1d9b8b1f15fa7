import Foundation
import Lockstep

/// Reads a text of spectra: a line for each sample, numbers with spaces between them, as many in every line. Empty lines and
/// lines that begin with # are skipped.
enum SpectraReader {
    /// - Returns: the samples, [count][length].
    /// - Throws: `DatasetError` with file and line of what is wrong.
    static func read(_ path: String) throws -> [[Float]] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw DatasetError(.missing, path, "there is no such file", advice: "check the path")
        }
        var samples: [[Float]] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let fields = String(decoding: line, as: UTF8.self).split { $0.isWhitespace }
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            let place = DatasetError.Place.line(index + 1)
            let sample = try fields.map { field in
                guard let value = Float(field), value.isFinite else {
                    throw DatasetError(
                        .value, path, place, "'\(field)' is not a number", advice: "mend or remove the line")
                }
                return value
            }
            if let length = samples.first?.count, sample.count != length {
                throw DatasetError(
                    .mismatch, path, place, "has \(sample.count) numbers, the first sample has \(length)",
                    advice: "all spectra need the same length")
            }
            samples.append(sample)
        }
        guard !samples.isEmpty else {
            throw DatasetError(.empty, path, "has no samples", advice: "check the file")
        }
        return samples
    }
}
