import Glibc

/// A path, a pattern of paths, or numbered shards: see `DataFiles`.
struct FilePattern {
    private let text: String
    /// The maximum number of shards.
    private static let mostShards = 1_000_000

    init(_ text: String) { self.text = text }

    /// The paths of the files.
    func paths() throws(DatasetError) -> [String] {
        var paths: [String] = []
        for text in try numbered() {
            paths += Self.isPattern(text) ? try Self.matches(text).orThrow(Self.noMatch(text)) : [text]
        }
        return paths
    }

    /// The files, each with the name of an array after the last colon if there is one.
    func arrays() throws(DatasetError) -> [ArrayName] {
        var files: [ArrayName] = []
        for text in try numbered() {
            guard !Self.exists(text) else {
                files.append(ArrayName(path: text, name: nil))
                continue
            }
            if text.contains(where: Self.special.contains), let paths = try Self.matches(text) {
                files += paths.map { ArrayName(path: $0, name: nil) }
                continue
            }
            if let named = try Self.named(text) {
                files += named
            } else if text.contains(where: Self.special.contains) {
                throw Self.noMatch(text)
            } else {
                // The reader reports that there is no such file.
                files.append(ArrayName(path: text, name: nil))
            }
        }
        return files
    }

    /// The files whose path or pattern ends at a colon, with the rest as a name: at the last colon for which there are
    /// such files, since names can have colons, too.
    private static func named(_ text: String) throws(DatasetError) -> [ArrayName]? {
        for colon in text.indices.reversed() where text[colon] == ":" {
            let (path, name) = (String(text[..<colon]), String(text[text.index(after: colon)...]))
            guard !path.isEmpty, !name.isEmpty else { continue }
            if exists(path) { return [ArrayName(path: path, name: name)] }
            guard path.contains(where: special.contains), let paths = try matches(path) else { continue }
            return paths.map { ArrayName(path: $0, name: name) }
        }
        return nil
    }

    /// The characters that turn a path into a pattern.
    private static let special: [Character] = ["*", "?", "["]

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether a text is a pattern: it has special characters and is not the path of an existing file.
    private static func isPattern(_ text: String) -> Bool {
        text.contains(where: special.contains) && !exists(text)
    }

    private static func noMatch(_ text: String) -> DatasetError {
        DatasetError(
            .missing, text, "no file matches this pattern",
            advice: "check the path (relative paths start at the current folder)")
    }

    /// The paths that a pattern matches, sorted by name; nil for none.
    private static func matches(_ pattern: String) throws(DatasetError) -> [String]? {
        var found = glob_t()
        let status = glob(pattern, GLOB_ERR | GLOB_NOSORT, nil, &found)
        defer { globfree(&found) }
        switch status {
        case 0: break
        case GLOB_NOMATCH: return nil
        default:
            throw DatasetError(
                .unreadable, pattern,
                status == GLOB_ABORTED
                    ? "a folder of the pattern cannot be read" : "there is not enough memory",
                advice: "check the permissions of the folders")
        }
        let paths = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
        return paths.sorted(by: precedes)
    }

    /// Whether a path sorts before another one: by bytes, but whole numbers by value.
    static func precedes(_ one: String, _ other: String) -> Bool {
        let (a, b) = (Array(one.utf8), Array(other.utf8))
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            if isDigit(a[i]), isDigit(b[j]) {
                let (left, right) = (number(a, &i), number(b, &j))
                if left.count != right.count { return left.count < right.count }
                if left != right { return left.lexicographicallyPrecedes(right) }
            } else {
                if a[i] != b[j] { return a[i] < b[j] }
                i += 1
                j += 1
            }
        }
        if (i < a.count) != (j < b.count) { return j < b.count }
        // Equal except for leading zeros.
        return a.lexicographicallyPrecedes(b)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The digits from a position on, without leading zeros; moves the position past them.
    private static func number(_ text: [UInt8], _ place: inout Int) -> ArraySlice<UInt8> {
        let start = place
        while place < text.count, isDigit(text[place]) { place += 1 }
        return text[start..<place].drop { $0 == 0x30 }
    }

    /// A path for each number of `{000..127}`; the text itself if it has no braces or is the path of an existing file.
    private func numbered() throws(DatasetError) -> [String] {
        guard !Self.exists(text), let range = Self.range(in: text) else { return [text] }
        guard range.first <= range.last, range.last - range.first < Self.mostShards else {
            throw DatasetError(
                .format, text,
                "{\(range.first)..\(range.last)} is not a range of at most \(Self.mostShards) increasing numbers",
                advice: "begin with the smaller number")
        }
        return (range.first...range.last).map { number in
            let digits = "\(number)"
            let zeros = String(repeating: "0", count: max(0, range.digits - digits.count))
            return range.before + zeros + digits + range.behind
        }
    }

    /// The numbers in braces: `{000..127}`.
    private static func range(
        in text: String
    ) -> (before: String, first: Int, last: Int, digits: Int, behind: String)? {
        for open in text.indices where text[open] == "{" {
            guard let close = text[open...].firstIndex(of: "}") else { return nil }
            let inner = text[text.index(after: open)..<close]
            let numbers = inner.split(separator: "..", omittingEmptySubsequences: false)
            guard numbers.count == 2, numbers.allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }),
                let first = Int(numbers[0]), let last = Int(numbers[1])
            else { continue }
            return (
                String(text[..<open]), first, last, numbers[0].count,
                String(text[text.index(after: close)...])
            )
        }
        return nil
    }
}

extension Optional {
    /// The value; throws if there is none.
    fileprivate func orThrow(_ error: @autoclosure () -> DatasetError) throws(DatasetError) -> Wrapped {
        guard let self else { throw error() }
        return self
    }
}
