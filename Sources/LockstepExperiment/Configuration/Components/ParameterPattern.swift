import LockstepConfiguration

/// A pattern for names of parameters: a name, a scope with all parameters in it, or either with `*` for any characters.
///
/// `blocks.0` and `blocks.0.*` fit all parameters of the block, `*.bias` all biases.
package struct ParameterPattern: Sendable, Equatable {
    /// The text in a run file.
    package let text: String
    /// What stands between the asterisks.
    private let pieces: [Substring]

    package init(_ text: String) {
        self.text = text
        pieces = text.split(separator: "*", omittingEmptySubsequences: false)
    }

    /// Whether a parameter has a name that fits.
    package func fits(_ name: String) -> Bool {
        guard pieces.count > 1 else { return name == text || name.hasPrefix(text + ".") }
        return matches(name[...]) || scopes(of: name).contains { matches($0) }
    }

    private func scopes(of name: String) -> [Substring] {
        name.indices.filter { name[$0] == "." }.map { name[..<$0] }
    }

    /// Whether the pieces follow each other in a text: each at its first place, and the last one at the end.
    private func matches(_ text: Substring) -> Bool {
        guard let first = pieces.first, let last = pieces.last, text.hasPrefix(first) else { return false }
        var rest = text.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let range = rest.firstRange(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(last)
    }

    /// What is wrong with a pattern that fits none of some names; nil if it fits one.
    package func problem(among names: [String]) -> String? {
        guard !names.contains(where: fits) else { return nil }
        var candidates: Set<String> = []
        for name in names { candidates.formUnion([name] + scopes(of: name).map(String.init)) }
        let near = NearestKey.find(text, in: candidates.sorted())
        return "no parameter or scope is named '\(text.printable)'"
            + (near.map { "; did you mean '\($0)'?" } ?? "")
    }
}
