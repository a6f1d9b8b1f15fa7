import LockstepTensors

extension Variable {
    /// The position of this variable in the model, for messages of broken contracts: ` in layers.2` for a
    /// parameter of that layer, ` after layers.2` if a parameter of that layer was the last one used to
    /// compute it; empty without any.
    package var place: String { Variable.place(self) }

    /// The position of an operation in the model: the layer of the first parameter among its inputs,
    /// otherwise the layer before them.
    package static func place(_ inputs: Variable...) -> String {
        if let own = inputs.lazy.compactMap(\.parameter).first { return " in \(own.layer)" }
        let before = inputs.compactMap { $0.tape.newestParameter(before: $0) }.max { $0.node < $1.node }
        return before.map { " after \($0.parameter.layer)" } ?? ""
    }
}

extension Parameter {
    /// The path of this parameter's layer: the name without its last component.
    package var layer: String {
        guard let dot = name.lastIndex(of: ".") else { return name }
        return String(name[..<dot])
    }
}
