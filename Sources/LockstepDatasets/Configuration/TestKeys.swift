/// The keys of a data set whose test inputs and test targets, or those of its validation set, are named separately.
///
/// The targets that a run file names belong to the inputs that it names, so other inputs for predictions have no targets unless these are
/// named, too.
public struct TestKeys: Sendable {
    /// The keys of the inputs.
    public let inputs: [String]
    /// The key of the targets, whose value can be `none`.
    public let targets: String

    /// The end of a note about samples without targets.
    package static let noTargets = "so its samples have no targets"

    /// Keys.
    public init(inputs: [String], targets: String) { (self.inputs, self.targets) = (inputs, targets) }

    /// The change of a configuration that removes its test targets, if changes replace the test inputs but not their targets.
    /// - Parameters:
    ///   - data: the name of the data set.
    ///   - changes: texts of the form `key.path=value`.
    /// - Returns: the key of the targets, and the change; nil if the targets remain.
    package func removal(in data: String, after changes: [String]) -> (key: String, change: String)? {
        keptTargets(in: data, after: changes).map { ($0, "\($0)=none") }
    }

    /// The key of the targets, if changes replace the inputs but not their targets; nil otherwise.
    /// - Parameters:
    ///   - data: the name of the data set.
    ///   - changes: texts of the form `key.path=value`.
    package func keptTargets(in data: String, after changes: [String]) -> String? {
        let changed = changes.map { $0.prefix { $0 != "=" }.filter { !$0.isWhitespace } }
        func hasChanged(_ key: String) -> Bool {
            changed.contains { $0 == "data.\(data).\(key)" || $0.hasPrefix("data.\(data).\(key).") }
        }
        guard inputs.contains(where: hasChanged), !hasChanged(targets) else { return nil }
        return "data.\(data).\(targets)"
    }
}
