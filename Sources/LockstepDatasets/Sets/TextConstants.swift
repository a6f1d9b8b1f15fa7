import LockstepTensors

/// The constants of a text in a checkpoint, with which the network can be built without the text.
struct TextConstants: Codable, Sendable, Equatable {
    /// The name of this value among the constants of a data set.
    static let name = "text"
    /// The name of the list of bytes that occur in the training part.
    static let bytesName = "bytes"

    /// The number of tokens of a window.
    var context: Int
    /// The number of different tokens.
    var vocabulary: Int

    /// The fields of such windows.
    var schema: BatchSchema {
        BatchSchema([
            BatchField("tokens", Shape(context), .int32, classes: vocabulary),
            BatchField("next", Shape(context), .int32, role: .target, classes: vocabulary),
            BatchField("left_out", Shape(), .int32, role: .other),
        ])
    }
}

extension TextPreparation {
    /// The fields of its windows.
    var schema: BatchSchema { TextConstants(context: context, vocabulary: Self.vocabulary).schema }
}

extension DatasetConstants {
    /// The bytes that occur in the training part of a text, in ascending order; empty for everything else.
    /// - Throws: `DatasetConstantsError` for a value of another type.
    public func trainingBytes() throws -> [UInt8] {
        do {
            return try get(TextConstants.bytesName, as: [UInt8].self) ?? []
        } catch {
            throw DatasetConstantsError(name: TextConstants.bytesName, reason: "\(error)")
        }
    }
}
