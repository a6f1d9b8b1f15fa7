import LockstepConfiguration

/// Recognizes options that were meant as keys of the run file: `--epochs 3` instead of `--set epochs=3`.
public enum RunFileOption {
    /// The correct form of an option.
    /// - Parameters:
    ///   - option: the option as given, such as `--learning-rate`.
    ///   - arguments: the command line, with the option's value.
    ///   - registry: the components that run files can name.
    /// - Returns: a sentence; nil if no key has a similar name.
    public static func hint(_ option: String, _ arguments: [String], registry: Registry = .standard)
        -> String?
    {
        let name = option.drop { $0 == "-" }.prefix { $0 != "=" }.map { $0 == "-" ? "_" : $0 }
        let paths = keys(like: String(name), registry)
        guard let path = paths.first else { return nil }
        let others = paths.dropFirst().isEmpty ? "" : ", or another of \(paths.joined(separator: ", "))"
        return
            "Keys of the run file are given by --set: --set \(path)=\(value(of: option, arguments))\(others)."
    }

    private static func keys(like name: String, _ registry: Registry) -> [String] {
        let paths = ((try? ConfigurationReference.runFile(registry))?.keys ?? []).map(\.path).filter {
            !$0.contains("[")
        }
        if paths.contains(name) { return [name] }
        func last(_ path: String) -> String { path.split(separator: ".").last.map(String.init) ?? path }
        let same = paths.filter { last($0) == name }
        if !same.isEmpty { return Array(same.prefix(5)) }
        let top = paths.filter { !$0.contains(".") }
        if let near = top.first(where: { NearestKey.isShort(name, for: $0) }) { return [near] }
        let short = paths.filter { NearestKey.isShort(name, for: last($0)) && last($0).contains("_") }
        if let first = short.first { return Array(short.filter { last($0) == last(first) }.prefix(5)) }
        return NearestKey.find(name, in: top).map { [$0] } ?? []
    }

    private static func value(of option: String, _ arguments: [String]) -> String {
        for (index, argument) in arguments.enumerated() {
            if argument.hasPrefix(option + "=") { return String(argument.dropFirst(option.count + 1)) }
            if argument == option, index + 1 < arguments.count, !arguments[index + 1].hasPrefix("--") {
                return arguments[index + 1]
            }
        }
        return "..."
    }
}
