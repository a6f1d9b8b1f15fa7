/// The files that a key of a run file names: paths, patterns, and numbered shards, which are concatenated.
///
/// - `train.csv`: a path.
/// - `train-*.csv`: a pattern with `*`, `?` or `[...]`, as in a shell. Its files are sorted by name, where
///   whole numbers are compared by value: `part-2` comes before `part-10`. A pattern without a match is an error.
/// - `train-{000..127}.npy`: numbered shards in the order of their numbers; all of them must exist. The first number
///   sets the minimum number of digits.
/// - A list of these, in the order of the list.
///
/// The path of an existing file always stands for that file, even if it has special characters.
public struct DataFiles: Sendable, Hashable {
    /// The paths and patterns.
    public var patterns: [String]

    /// Files of several paths and patterns.
    public init(_ patterns: [String]) { self.patterns = patterns }

    /// Files of a path or pattern.
    public init(_ pattern: String) { patterns = [pattern] }

    /// The paths of all files.
    /// - Throws: `DatasetError` for a pattern without a match, and for a file that is named twice.
    package func paths() throws(DatasetError) -> [String] {
        try expanded { (pattern) throws(DatasetError) in try FilePattern(pattern).paths() }
    }

    /// The paths of all files, each followed by a colon and the name of an array if the pattern has one.
    /// - Throws: `DatasetError` for a pattern without a match, and for an array that is named twice.
    package func arrays() throws(DatasetError) -> [ArrayName] {
        try expanded { (pattern) throws(DatasetError) in try FilePattern(pattern).arrays() }
    }

    private func expanded<File: Hashable & CustomStringConvertible>(
        _ expand: (String) throws(DatasetError) -> [File]
    ) throws(DatasetError) -> [File] {
        var files: [File] = []
        for pattern in patterns { files += try expand(pattern) }
        guard files.count > 1 else { return files }
        var seen: Set<File> = []
        if let twice = files.first(where: { !seen.insert($0).inserted }) {
            throw DatasetError(
                .format, "\(twice)", "the file is named twice, in \(self)",
                advice: "name each file once, or narrow the patterns")
        }
        return files
    }
}

extension DataFiles: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    public init(stringLiteral pattern: String) { self.init(pattern) }
    public init(arrayLiteral patterns: String...) { self.init(patterns) }
}

extension DataFiles: CustomStringConvertible {
    /// The first three paths and patterns, and the number of the others.
    public var description: String {
        let rest = patterns.count - 3
        return patterns.prefix(3).joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }
}

/// Stored as one text, or as a list of texts if there are several.
extension DataFiles: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let pattern = try? container.decode(String.self) {
            self.init(pattern)
        } else {
            self.init(try container.decode([String].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if patterns.count == 1 {
            try container.encode(patterns[0])
        } else {
            try container.encode(patterns)
        }
    }
}

/// A file with an array, and the array's name if the file can have several.
package struct ArrayName: Hashable, CustomStringConvertible {
    package let path: String
    package let name: String?

    package init(path: String, name: String?) {
        self.path = path
        self.name = name
    }

    package var description: String { name.map { "\(path):\($0)" } ?? path }
}
