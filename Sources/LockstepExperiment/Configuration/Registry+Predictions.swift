extension Registry {
    /// The removal of the targets that a run file has for its own test inputs, for predictions of other inputs.
    /// - Parameter changes: texts of the form `key.path=value`.
    /// - Returns: the key of the targets, and the change; nil if the targets remain.
    public func removalOfTestTargets(after changes: [String]) -> (key: String, change: String)? {
        data.lazy.compactMap { $0.testKeys?.removal(in: $0.name, after: changes) }.first
    }

    /// The key of the targets in a run file that other inputs of a set keep; nil if there are none.
    /// - Parameters:
    ///   - isValidation: whether the set is the validation set; otherwise it is the test set.
    ///   - changes: texts of the form `key.path=value`.
    public func keptTargets(isValidation: Bool, after changes: [String]) -> String? {
        data.lazy.compactMap {
            (isValidation ? $0.validationKeys : $0.testKeys)?.keptTargets(in: $0.name, after: changes)
        }.first
    }
}
