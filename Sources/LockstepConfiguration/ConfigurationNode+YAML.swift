import Foundation
import Yams

extension ConfigurationNode {
    /// The maximum size of a run file in bytes: a larger file is a mistake, such as a data file.
    private static let largestFile = 1 << 20
    /// The maximum number of nodes, since aliases can expand a small text to a huge tree.
    private static let mostNodes = 100_000

    /// Reads a run file.
    ///
    /// - Throws: `ConfigurationError` if the file cannot be read, or is not a map of keys in YAML.
    package static func file(_ path: String) throws -> ConfigurationNode {
        func unreadable(_ problem: String) -> ConfigurationError {
            .init(kind: .unreadable, file: path, location: .unwritten, path: "", problem: problem)
        }
        let data: Data
        do {
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
            {
                throw unreadable("is a directory; give the path of a run file (YAML)")
            }
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch let error as ConfigurationError {
            throw error
        } catch CocoaError.fileReadNoSuchFile {
            throw unreadable("there is no such file; give the path of a run file (YAML)")
        } catch CocoaError.fileReadNoPermission {
            throw unreadable("no permission to read it")
        } catch {
            throw unreadable("cannot be read: \(error)")
        }
        guard data.count <= largestFile else {
            throw unreadable(
                "has \(data.count) bytes, but a run file has at most \(largestFile); check that it is the right file"
            )
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw unreadable("is not UTF-8 text; a run file is YAML")
        }
        return try yaml(text, file: path)
    }

    /// Reads the text of a run file.
    package static func yaml(_ text: String, file: String?) throws -> ConfigurationNode {
        let node = try parse(text, file: file, location: nil)
        guard let node, node.content != .empty else {
            throw ConfigurationError(
                kind: .missingKey, file: file, location: .unwritten, path: "",
                problem:
                    "is empty; a run file needs at least the keys model, data, batch, optimizer, and epochs or max_steps"
            )
        }
        guard case .mapping = node.content else {
            throw ConfigurationError(
                kind: .wrongType, file: file, location: node.location, path: "",
                problem: "a run file is a map of keys, such as 'batch: 256'; this one holds \(node.words)")
        }
        return node
    }

    /// Parses YAML; every node gets `location`, or its own line if that is nil.
    package static func parse(
        _ text: String, file: String?, location: ConfigurationLocation?
    ) throws -> ConfigurationNode? {
        func mistake(
            _ problem: String, line: Int?, _ kind: ConfigurationError.Kind = .syntax, path: String = ""
        ) -> ConfigurationError {
            let place = location ?? line.map { .line($0) } ?? .unwritten
            return .init(kind: kind, file: file, location: place, path: path, problem: problem)
        }
        if let problem = AliasExpansion.problem(text) {
            throw mistake("cannot be used: \(problem)", line: nil)
        }
        do {
            guard let root = try Yams.compose(yaml: text, .basic, .default, .utf8) else { return nil }
            var conversion = Conversion(file: file, location: location)
            return try conversion.node(root)
        } catch let error as YamlError {
            switch error {
            case .scanner(let context, let problem, let mark, _),
                .parser(let context, let problem, let mark, _),
                .composer(let context, let problem, let mark, _):
                if isIndentedByTab(mark.line, of: text) {
                    throw mistake(
                        "is not valid YAML: the line is indented with a tab; use spaces", line: mark.line)
                }
                let context = context.map { " \($0.text.trimmingCharacters(in: .whitespaces))" } ?? ""
                throw mistake(
                    "is not valid YAML: \(problem)\(context) at column \(mark.column)", line: mark.line)
            case .reader(let problem, let offset, _, let text):
                let line = offset.map { text.prefix($0).filter(\.isNewline).count + 1 }
                throw mistake("is not valid YAML: \(problem)", line: line)
            case .duplicatedKeysInMapping(let keys, let context):
                let key = keys.first ?? ""
                let first = context.mark.line
                let second = secondLine(of: key, column: context.mark.column, after: first, in: text)
                throw mistake(
                    "is given twice in one map"
                        + (second.map { ", on line \(first) and on line \($0)" } ?? "")
                        + "; keep one of the two",
                    line: second ?? first, .duplicateKey, path: key)
            default:
                throw mistake("is not valid YAML: \(error)", line: nil)
            }
        }
    }

    /// Whether a tab is in the indentation of a line, counted from 1.
    private static func isIndentedByTab(_ line: Int, of text: String) -> Bool {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.indices.contains(line - 1) else { return false }
        return lines[line - 1].prefix { $0 == " " || $0 == "\t" }.contains("\t")
    }

    /// The line that repeats a key of a block map: the YAML library reports only the first one.
    private static func secondLine(of key: String, column: Int, after first: Int, in text: String) -> Int? {
        let indentation = String(repeating: " ", count: column - 1)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return lines.indices.dropFirst(first).first { index in
            let line = lines[index]
            guard line.hasPrefix(indentation) else { return false }
            let rest = line.dropFirst(indentation.count)
            return rest.hasPrefix(key) && rest.dropFirst(key.count).drop { $0 == " " }.first == ":"
        }.map { $0 + 1 }
    }

    /// Converts the nodes of the YAML library to ours, which record their location.
    private struct Conversion {
        let file: String?
        let location: ConfigurationLocation?
        private var count = 0

        init(file: String?, location: ConfigurationLocation?) {
            self.file = file
            self.location = location
        }

        mutating func node(_ node: Yams.Node) throws -> ConfigurationNode {
            count += 1
            let place = self.place(of: node)
            guard count <= mostNodes else {
                throw mistake("the run file has more than \(mostNodes) values", at: place)
            }
            switch node {
            case .scalar(let scalar):
                let quoted = scalar.style != .plain && scalar.style != .any
                // The YAML library tags quoted scalars as text.
                if !quoted || scalar.tag.rawValue != Tag.Name.str.rawValue {
                    try check(scalar.tag, at: place)
                }
                if !quoted, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
                    return ConfigurationNode(.empty, place)
                }
                return ConfigurationNode(.scalar(scalar.string, quoted: quoted), place)
            case .sequence(let sequence):
                try check(sequence.tag, at: place)
                return ConfigurationNode(.sequence(try sequence.map { try self.node($0) }), place)
            case .mapping(let mapping):
                try check(mapping.tag, at: place)
                var keys: Set<String> = []
                let entries = try mapping.map { key, value in
                    let keyPlace = self.place(of: key)
                    guard case .scalar(let scalar) = key else {
                        throw mistake("a key must be a word, not a list or a map", at: keyPlace)
                    }
                    // The YAML library treats a quoted key as different from an unquoted one.
                    guard keys.insert(scalar.string).inserted else {
                        throw ConfigurationError(
                            kind: .duplicateKey, file: file, location: keyPlace, path: scalar.string,
                            problem: "is given twice in one map; keep one of the two")
                    }
                    return Entry(key: scalar.string, location: keyPlace, value: try self.node(value))
                }
                return ConfigurationNode(.mapping(entries), place)
            case .alias:
                throw mistake("an alias (*) without its anchor (&)", at: place)
            }
        }

        private func place(of node: Yams.Node) -> ConfigurationLocation {
            location ?? node.mark.map { .line($0.line) } ?? .unwritten
        }

        private func check(_ tag: Tag, at place: ConfigurationLocation) throws {
            guard tag.rawValue.isEmpty else {
                throw mistake(
                    "YAML tags such as '\(tag.rawValue)' are not used in run files; remove it", at: place)
            }
        }

        private func mistake(_ problem: String, at place: ConfigurationLocation) -> ConfigurationError {
            .init(kind: .syntax, file: file, location: place, path: "", problem: problem)
        }
    }
}
