import LockstepTensors

extension Variable {
    /// The place of this variable in the model, for the message of a broken contract: ` in layers.2` for a parameter
    /// of that layer, ` after layers.2` if that layer's parameter was the last one used to compute it; empty without
    /// parameters before it.
    package var place: String { Variable.place(self) }

    /// The place of an operation in the model: the layer of the first parameter among its inputs, else the layer before them.
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
