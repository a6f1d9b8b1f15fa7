import Yams

/// What a part of a YAML document may be.
indirect enum YAMLSchema: Sendable {
    /// A mapping with these keys and no others.
    case object([String: YAMLSchema], required: Set<String> = [])
    /// A mapping from any key.
    case map(YAMLSchema)
    /// A list; not an empty one.
    case list(YAMLSchema)
    /// Text.
    case string
    /// One of these texts.
    case oneOf([String])
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// true or false.
    case boolean
    /// An amount of processors, memory or storage, such as 100m, 2 or 4Gi.
    case quantity

    /// What is wrong with a node, with the path of each mistake.
    func problems(_ node: Node, at path: String) -> [String] {
        switch self {
        case .object(let fields, let required):
            guard let mapping = node.mapping else { return ["\(path) must be a mapping"] }
            let keys = mapping.keys.map { $0.string ?? "" }
            let missing = required.subtracting(keys).sorted().map { "\(path).\($0) is missing" }
            let repeated = Dictionary(grouping: keys) { $0 }.filter { $1.count > 1 }.keys.sorted().map {
                "\(path).\($0) stands there twice"
            }
            return missing + repeated
                + mapping.flatMap { key, value in
                    let name = key.string ?? ""
                    return fields[name]?.problems(value, at: "\(path).\(name)")
                        ?? ["\(path).\(name) is not a known field"]
                }
        case .map(let value):
            guard let mapping = node.mapping else { return ["\(path) must be a mapping"] }
            return mapping.flatMap { value.problems($1, at: "\(path).\($0.string ?? "")") }
        case .list(let element):
            guard let sequence = node.sequence, !sequence.isEmpty else { return ["\(path) must be a list"] }
            return sequence.enumerated().flatMap { element.problems($1, at: "\(path)[\($0)]") }
        case .string:
            // An unquoted 4 or true is no text to Kubernetes.
            return node.scalar != nil && node.tag.description == Tag.Name.str.rawValue
                ? [] : ["\(path) must be a text"]
        case .oneOf(let values):
            return node.string.map(values.contains) == true
                ? [] : ["\(path) must be one of \(values.joined(separator: ", "))"]
        case .integer(let range):
            return node.int.map(range.contains) == true && node.tag.description == Tag.Name.int.rawValue
                ? [] : ["\(path) must be a whole number from \(range.lowerBound) to \(range.upperBound)"]
        case .boolean:
            return node.bool != nil ? [] : ["\(path) must be true or false"]
        case .quantity:
            let text = node.string ?? ""
            return text.wholeMatch(of: #/[0-9]+(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?/#) != nil
                ? [] : ["\(path) must be an amount such as 100m, 2 or 4Gi"]
        }
    }
}
