import LockstepTensors

extension Variable {
    /// Where in the model this variable is, for the message of a broken contract: ` in layers.2` for a parameter of that layer,
    /// ` after layers.2` for what was computed from it last; empty where no parameter comes before it.
    package var place: String { Variable.place(self) }

    /// Where in the model an operation is: the layer of the first parameter among its inputs, else what they come after.
    package static func place(_ inputs: Variable...) -> String {
        if let own = inputs.lazy.compactMap(\.parameter).first { return " in \(own.layer)" }
        let before = inputs.compactMap { $0.tape.newestParameter(before: $0) }.max { $0.node < $1.node }
        return before.map { " after \($0.parameter.layer)" } ?? ""
    }
}

extension Parameter {
    /// The path of the layer that this parameter belongs to: the name without its last part.
    package var layer: String {
        guard let dot = name.lastIndex(of: ".") else { return name }
        return String(name[..<dot])
    }
}
