/// The differences between the data of a checkpoint and of a run, from their fingerprints.
enum DataDifference {
    /// - Parameters:
    ///   - now: the fingerprint of this run's data, such as `900 of 1000 samples, crc32 7, split 0.1, split seed 0`.
    ///   - before: the fingerprint of the checkpoint's data.
    static func text(_ now: String, _ before: String) -> String {
        let parts = (parts(now), parts(before))
        // Everything else may follow from another tokenizer.
        switch (tokenizer(parts.0), tokenizer(parts.1)) {
        case (nil, .some): return "it had a tokenizer, and now it has none"
        case (.some, nil): return "it had no tokenizer, and now it has one"
        case (let now, let before): if now != before { return "the tokenizer has changed" }
        }
        guard parts.0.count == parts.1.count else {
            return "their kind or their split differs"
        }
        let differences = zip(parts.0, parts.1).filter { $0 != $1 }.compactMap { now, before in
            words(now, before)
        }
        var unique: [String] = []
        for difference in differences where !unique.contains(difference) { unique.append(difference) }
        return unique.joined(separator: "; ")
    }

    private static func parts(_ fingerprint: String) -> [Substring] {
        fingerprint.split(separator: #/, (?=crc32|split|steps|tokenizer|validation files|vocabulary)/#)
    }

    private static func tokenizer(_ parts: [Substring]) -> Substring? {
        parts.first { $0.hasPrefix("tokenizer ") }
    }

    private static func words(_ now: Substring, _ before: Substring) -> String {
        func value(_ name: String) -> String? {
            guard now.hasPrefix("\(name) "), before.hasPrefix("\(name) ") else { return nil }
            return "was \(tidy(before.dropFirst(name.count + 1))), now \(tidy(now.dropFirst(name.count + 1)))"
        }
        if now.hasPrefix("crc32 of names and sizes") { return "the names or sizes of the files have changed" }
        if now.contains("crc32") { return "the contents of the files have changed" }
        if let change = value("vocabulary") { return "the vocabulary \(change)" }
        if let change = value("split seed") { return "split_seed \(change)" }
        if let change = value("split") { return "the validation split \(change)" }
        return "was \(before), now \(now)"
    }

    /// A validation split as written in a run file.
    private static func tidy(_ value: Substring) -> String {
        String(value).replacing("fraction(", with: "").replacing("fold(index:", with: "{fold:")
            .replacing(")", with: value.contains("fold(") ? "}" : "")
    }
}
