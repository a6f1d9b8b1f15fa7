/// Each getter takes the key and, in a line, what it is for: `ConfigurationReference` shows that.
extension ConfigurationSection {
    /// A whole number; without default it must be written.
    package func integer(
        _ key: String, _ meaning: String, default value: Int? = nil, _ legal: LegalRange<Int> = .any
    ) throws -> Int {
        let what = legal.what
        let result = try scalar(key, meaning, value, what, legal) { try self.integer(key, $0, what) }
        record(key, .plain("\(result)"))
        return result
    }

    /// A seed: a whole number of 64 bits.
    package func seed(_ key: String, _ meaning: String, default value: UInt64) throws -> UInt64 {
        let what = "a whole number from 0 to \(UInt64.max)"
        let result = try scalar(key, meaning, value, what, .any) { node in
            guard case .scalar(let text, quoted: false) = node.content,
                let value = Self.withoutSeparators(text).flatMap({ UInt64($0) })
            else {
                throw self.illegal(.wrongType, key, node, what)
            }
            return value
        }
        record(key, .plain("\(result)"))
        return result
    }

    /// A number; without default it must be written.
    package func double(
        _ key: String, _ meaning: String, default value: Double? = nil, _ legal: LegalRange<Double> = .any
    ) throws -> Double {
        let what = legal.what
        let result = try scalar(key, meaning, value, what, legal) { try self.double(key, $0, what) }
        record(key, .number(result))
        return result
    }

    /// A time in seconds, written as a number or as a text such as `1h30m`, or nil, which is written `none`.
    package func optionalDuration(_ key: String, _ meaning: String, default value: Double?) throws -> Double?
    {
        let what =
            "a time above 0 and of at most 1000000000 seconds: a number of them, or a text such as 90s, 30m or 1h30m"
        return try optional(key, meaning, value, what, word: "none") {
            let result = try scalar(key, meaning, value, what, .seconds) { node in
                if case .scalar(let text, _) = node.content, let seconds = Self.seconds(text) {
                    return seconds
                }
                return try self.double(key, node, what)
            }
            record(key, .number(result))
            return result
        }
    }

    /// `true` or `false`; without default it must be written.
    package func boolean(_ key: String, _ meaning: String, default value: Bool? = nil) throws -> Bool {
        let what = "true or false"
        let result = try self.value(key, meaning, value, what, example: "false") { node in
            switch node.content {
            case .scalar("true", quoted: false), .scalar("True", quoted: false),
                .scalar("TRUE", quoted: false):
                true
            case .scalar("false", quoted: false), .scalar("False", quoted: false),
                .scalar("FALSE", quoted: false):
                false
            default: throw self.illegal(.wrongType, key, node, what)
            }
        }
        record(key, .plain(result ? "true" : "false"))
        return result
    }

    /// A text that is not empty; without default it must be written.
    package func string(
        _ key: String, _ meaning: String, default value: String? = nil, what: String = "a text"
    ) throws -> String {
        let result = try self.value(key, meaning, value, what, example: "text") {
            try self.string(key, $0, what)
        }
        record(key, .text(result))
        return result
    }

    /// The path of a program to start. In a configuration that came with a run or a checkpoint only the default is
    /// accepted: the author of that file must not decide what is started here.
    package func program(_ key: String, _ meaning: String, default value: String) throws -> String {
        let result = try string(key, meaning, default: value, what: "the path of a program")
        let place = writtenKeys.first { $0.key == key }?.value.location ?? .unwritten
        if case .override = place { return result }
        guard !source.isForeign || result == value else {
            throw error(
                .conflict, key,
                "names a program to start, \(result), and this configuration came with a run; if you trust it, name it again: --set "
                    + "\(path(of: key))=\(result)")
        }
        return result
    }

    /// One word out of those an enumeration has; without default it must be written.
    ///
    /// - Parameter other: what else the key may hold, for the message; the caller has looked for that already.
    package func word<Word>(
        _ key: String, _ meaning: String, default value: Word? = nil, orElse other: String? = nil
    ) throws -> Word
    where Word: RawRepresentable<String> & CaseIterable {
        let words = Word.allCases.map(\.rawValue)
        let what = "one of " + words.joined(separator: ", ") + (other.map { ", or \($0)" } ?? "")
        let result = try self.value(key, meaning, value, what, example: words.first ?? "") { node in
            guard case .scalar(let text, _) = node.content else {
                throw self.illegal(.wrongType, key, node, what)
            }
            guard let word = Word.allCases.first(where: { $0.rawValue == text }) else {
                let hint = NearestKey.find(text, in: words).map { "; did you mean '\($0)'?" } ?? ""
                throw self.error(.illegalValue, key, "must be \(what); got \(node.words)\(hint)")
            }
            return word
        }
        record(key, .plain(result.rawValue))
        return result
    }
}
