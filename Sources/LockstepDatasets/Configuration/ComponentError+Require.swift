import LockstepConfiguration
import LockstepReaders

/// Checks of the values of data sets.
extension ComponentError {
    static func require(
        _ condition: Bool, _ path: String, _ problem: @autoclosure () -> String
    ) throws(ComponentError) {
        if !condition { throw ComponentError(path: path, problem: problem()) }
    }

    static func require<Value>(
        _ value: Value, in legal: LegalRange<Value>, _ path: String
    ) throws(ComponentError) {
        if let problem = legal.problem(with: value) { throw ComponentError(path: path, problem: problem) }
    }

    static func requirePath(_ path: String, _ key: String) throws(ComponentError) {
        try require(!path.isEmpty && !path.utf8.contains(0), key, "must be the path of a file or folder")
    }

    /// Requires at least one path.
    static func requireFiles(_ files: DataFiles?, _ key: String) throws(ComponentError) {
        guard let files else { return }
        try require(!files.patterns.isEmpty, key, "must be the path of at least one file")
        for path in files.patterns { try requirePath(path, key) }
    }

    /// Requires both of two files or neither.
    static func requirePair(
        _ first: DataFiles?, _ firstKey: String, _ second: DataFiles?, _ secondKey: String,
        of set: String = "test"
    ) throws(ComponentError) {
        try requireFiles(first, firstKey)
        try requireFiles(second, secondKey)
        try require(
            (first == nil) == (second == nil), first == nil ? firstKey : secondKey,
            "is missing: a \(set) set needs both \(firstKey) and \(secondKey)")
    }

    /// Inputs and targets of a test set, or inputs alone, which can be predicted.
    static func requireTest(
        _ inputs: DataFiles?, _ inputsKey: String, _ targets: DataFiles?, _ targetsKey: String
    ) throws(ComponentError) {
        try requireFiles(inputs, inputsKey)
        try requireFiles(targets, targetsKey)
        try require(
            inputs != nil || targets == nil, inputsKey,
            "is missing: a test set needs both \(inputsKey) and \(targetsKey)")
    }

    /// Requires a task that a recipe may name.
    static func requireTask(_ task: DataTask) throws(ComponentError) {
        try require(task != .language, "task", "must be one that a recipe can ask for; got \(task.rawValue)")
    }

    static func requireClasses(_ classes: Int?) throws(ComponentError) {
        guard let classes else { return }
        try require(classes, in: .classes, "classes")
    }
}
