import LockstepContracts

/// A strict reader of one map of a run file.
///
/// Each getter names a key, its default and its range. The section records the keys that were read, so that
/// `finish()` can refuse all others, and their values, so that the whole effective configuration can be written.
/// An empty section returns the given defaults, so the code that reads a component also writes it: with the
/// component's values as defaults.
package final class ConfigurationSection {
    /// The run file of a section, shared by all sections of a file.
    package final class Source {
        /// The locations of all keys that were read and are in the file.
        package private(set) var locations: ConfigurationLocations
        /// Whether another user may have written the file, such as the configuration in a checkpoint's run directory.
        package let isForeign: Bool

        /// The keys found so far if keys are listed instead of read; otherwise nil.
        package var reference: ConfigurationReference?

        package func record(_ path: String, _ location: ConfigurationLocation) {
            locations.record(path, location)
        }

        package init(file: String?, isForeign: Bool = false, reference: ConfigurationReference? = nil) {
            self.isForeign = isForeign
            locations = ConfigurationLocations(file: file)
            self.reference = reference
        }
    }

    /// The path of this map, such as `optimizer.adam`; empty for the whole file.
    package let path: String
    /// The file that holds this map.
    package let source: Source
    private let entries: [ConfigurationNode.Entry]
    private let location: ConfigurationLocation
    private var asked: [EffectiveConfiguration.Entry] = []

    /// Makes the section of a whole run file; with `root` nil, the file is empty.
    package convenience init(root: ConfigurationNode?, file: String?, isForeign: Bool = false) throws {
        try self.init(path: "", node: root, source: Source(file: file, isForeign: isForeign))
    }

    package init(path: String, node: ConfigurationNode?, source: Source) throws {
        self.path = path
        self.source = source
        location = node?.location ?? .unwritten
        switch node?.content {
        case .mapping(let entries): self.entries = entries
        case nil, .empty: self.entries = []
        case .scalar, .sequence:
            self.entries = []
            source.record(path, location)
            throw source.locations.error(
                .wrongType, path, "must be a map of keys; got \(node?.words ?? "nothing")")
        }
    }

    /// The effective map so far, with every default.
    package var effective: EffectiveConfiguration { .map(asked) }

    /// Whether keys are listed instead of read: no key is written, and values are placeholders.
    package var isListing: Bool { source.reference != nil }

    /// The keys written in this map, in the order of the file.
    package var writtenKeys: [ConfigurationNode.Entry] { entries }

    /// The value written for a key, if any; the key does not count as read.
    package func written(_ key: String) -> ConfigurationNode.Content? {
        entries.first { $0.key == key }?.value.content
    }

    /// The path of a key of this map.
    package func path(of key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    /// An error about a key of this map, at its line.
    package func error(_ kind: ConfigurationError.Kind, _ key: String, _ problem: String)
        -> ConfigurationError
    {
        source.locations.error(kind, path(of: key), problem)
    }

    /// Refuses the keys that were not read.
    ///
    /// - Throws: `ConfigurationError`, which names the first such key, its line and the nearest known key.
    package func finish() throws {
        if let entry = entries.first(where: { entry in !asked.contains { $0.key == entry.key } }) {
            throw unknownKey(entry, known: asked.map(\.key))
        }
    }

    /// The value written for a key, nil if there is none; the key counts as read.
    ///
    /// Every getter begins with `note` and this, and ends with `record`.
    package func node(_ key: String) -> ConfigurationNode? {
        contract(
            isListing || !asked.contains { $0.key == key },
            "the key \(path(of: key)) is read twice by the configuration code")
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        let place = if case .override = entry.value.location { entry.value.location } else { entry.location }
        source.record(path(of: key), place)
        return entry.value
    }

    package func record(_ key: String, _ value: EffectiveConfiguration) {
        asked.append(.init(key: key, value: value))
        source.reference?.record(path(of: key), value)
    }

    /// If keys are listed: adds a key with its allowed values and its meaning.
    package func note(_ key: String, _ values: String, _ meaning: String, isRequired: Bool) {
        source.reference?.note(path(of: key), values, meaning, isRequired: isRequired)
    }

    /// The error for a missing required key.
    ///
    /// If an unread key is nearly the same, that key is misspelled, and the error is about it.
    package func missing(_ key: String, _ what: String) -> ConfigurationError {
        let unasked = entries.filter { entry in entry.key != key && !asked.contains { $0.key == entry.key } }
        let near =
            unasked.first { NearestKey.isShort($0.key, for: key) }
            ?? unasked.first { NearestKey.find($0.key, in: [key]) != nil }
        if let near { return unknownKey(near, known: [key]) }
        return error(.missingKey, key, "is missing; it must be \(what)")
    }

    /// The error for a value of the wrong type or range.
    package func illegal(
        _ kind: ConfigurationError.Kind, _ key: String, _ node: ConfigurationNode, _ what: String
    ) -> ConfigurationError {
        let problem =
            node.content == .empty
            ? "has no value; it must be \(what) (or leave the key out)" : "must be \(what); got \(node.words)"
        return error(kind, key, problem)
    }

    package func unknownKey(_ entry: ConfigurationNode.Entry, known: [String]) -> ConfigurationError {
        source.record(path(of: entry.key), entry.location)
        let hint: String
        let below = effective.paths(under: path)
        let inside = below.filter { !known.contains($0) }
        func name(_ path: String) -> String { path.split(separator: ".").last.map(String.init) ?? path }
        if let same = known.first(where: { NearestKey.isSame(entry.key, as: $0) }) {
            hint = "did you mean '\(same)'?"
        } else if let elsewhere = inside.first(where: { $0.hasSuffix(".\(entry.key)") }) {
            hint = "it belongs under another key: '\(elsewhere)';"
        } else if let short = known.first(where: { NearestKey.isShort(entry.key, for: $0) }) {
            hint = "did you mean '\(short)'?"
        } else if let short = inside.first(where: { NearestKey.isShort(entry.key, for: name($0)) }) {
            hint = "did you mean '\(short)'?"
        } else if let near = NearestKey.find(entry.key, in: known) {
            hint = "did you mean '\(near)'?"
        } else if known.isEmpty {
            hint = "there are no keys here;"
        } else {
            hint = "known here: " + known.joined(separator: ", ") + ";"
        }
        return error(.unknownKey, entry.key, "unknown key; \(hint) the command `keys` lists all")
    }
}
