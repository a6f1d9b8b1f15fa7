import LockstepTensors
import LockstepTokens

/// The constants of a text in a checkpoint, with which the network can be built without the text.
struct TextConstants: Codable, Sendable, Equatable {
    /// The name of this value among the constants of a data set.
    static let name = "text"
    /// The name of the list of bytes that occur in the training part.
    static let bytesName = "bytes"
    /// The number of different bytes.
    static let byteVocabulary = ByteTokenizer.vocabulary

    /// The number of tokens of a window.
    var context: Int
    /// The number of different tokens.
    var vocabulary: Int
    /// What a token is; nil for a byte.
    var unit: TextUnit?

    /// The fields of such windows.
    func schema(_ tokenizer: StoredTokenizer?) -> BatchSchema {
        var next = BatchField("next", Shape(context), .int32, role: .target, classes: vocabulary)
        if let tokenizer {
            // A vocabulary may be larger than the tokenizer's.
            let counts = tokenizer.tokenizer.byteCounts.prefix(vocabulary)
            next.byteCounts = counts + [Int32](repeating: 0, count: vocabulary - counts.count)
        } else if unit == nil {
            next.byteCounts = [Int32](repeating: 1, count: vocabulary)
        } else {
            next.byteCounts = []
        }
        return BatchSchema([
            BatchField("tokens", Shape(context), .int32, classes: vocabulary), next,
            BatchField("left_out", Shape(), .int32, role: .other),
        ])
    }
}

extension TextPreparation {
    /// The fields of its windows, from the constants of a trained network.
    func schema(of constants: DatasetConstants) throws -> BatchSchema {
        let trained = try constants.textConstants()
        let text = TextConstants(
            context: context, vocabulary: trained?.vocabulary ?? TextConstants.byteVocabulary,
            unit: trained?.unit)
        return text.schema(try storedTokenizer(of: constants))
    }
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
