import LockstepDatasets
import LockstepTensors

/// What tasks with one input and one target ask a schema for.
extension BatchSchema {
    /// The number of the first field with a role.
    private func first(_ role: BatchField.Role) -> Int {
        guard let index = fields.firstIndex(where: { $0.role == role }) else {
            fatalError("BatchSchema: no field is \(role.rawValue) in \(description)")
        }
        return index
    }

    /// The number of the field that the network sees.
    package var inputIndex: Int { first(.input) }
    /// The number of the field that it is to predict.
    package var targetIndex: Int { first(.target) }
    /// The field that the network sees.
    package var input: BatchField { fields[inputIndex] }
    /// The field that it is to predict.
    package var target: BatchField { fields[targetIndex] }
    /// The number of different tokens of a text; nil for everything else.
    package var vocabulary: Int? { input.type == .int32 ? input.classes : nil }
    /// The number of classes of samples; nil where targets are numbers, or the tokens of a text.
    package var classes: Int? { vocabulary == nil ? target.classes : nil }
    /// The number of values of a target.
    package var targetWidth: Int { target.shape.elementCount }
}

extension FieldTensors {
    /// The tensor of the field that the network sees.
    package var inputs: Tensor { tensors[schema.inputIndex] }
    /// The tensor of the field that it is to predict.
    package var targets: Tensor { tensors[schema.targetIndex] }
}

extension BatchField {
    /// The means of standardised numbers in the units of the data, one for each element; zeros without units.
    package var means: [Double] {
        units.isEmpty ? Array(repeating: 0, count: shape.elementCount) : units.map(\.mean)
    }

    /// The deviations of standardised numbers in the units of the data, one for each element; ones without units.
    package var deviations: [Double] {
        units.isEmpty ? Array(repeating: 1, count: shape.elementCount) : units.map(\.deviation)
    }
}
