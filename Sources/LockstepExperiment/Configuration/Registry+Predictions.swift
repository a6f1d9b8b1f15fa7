extension Registry {
    /// The removal of the targets that a run file has for its own test inputs, for predictions of other inputs.
    /// - Parameter changes: texts of the form `key.path=value`.
    /// - Returns: the key of the targets, and the change; nil if the targets remain.
    public func removalOfTestTargets(after changes: [String]) -> (key: String, change: String)? {
        data.lazy.compactMap { $0.testKeys?.removal(in: $0.name, after: changes) }.first
    }
}
