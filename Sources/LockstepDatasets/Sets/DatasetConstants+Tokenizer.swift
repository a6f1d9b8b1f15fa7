import LockstepTokens

extension DatasetConstants {
    /// The stored tokenizer; nil if there is none.
    /// - Throws: `DatasetConstantsError`.
    func storedTokenizer() throws -> StoredTokenizer? {
        let json: String?
        do {
            json = try get(StoredTokenizer.name, as: String.self)
        } catch {
            throw DatasetConstantsError(name: StoredTokenizer.name, reason: "\(error)")
        }
        return try json.map { json throws(DatasetConstantsError) in try StoredTokenizer(json: json) }
    }

    /// Converts texts to the tokens that a language model was trained on; nil if it was trained on token ids
    /// whose texts are not known.
    /// - Parameter vocabulary: the number of different tokens. The data of a program, which have no constants
    ///   of a text, are bytes if it is 256.
    /// - Throws: `DatasetConstantsError`.
    public func tokenizer(vocabulary: Int) throws -> (any Tokenizer)? {
        guard let text = try textConstants() else {
            return vocabulary == ByteTokenizer.vocabulary ? ByteTokenizer() : nil
        }
        return text.unit == nil ? ByteTokenizer() : try storedTokenizer()?.tokenizer
    }

    /// The constants of a text; nil if there are none.
    func textConstants() throws -> TextConstants? {
        do {
            return try get(TextConstants.name, as: TextConstants.self)
        } catch {
            throw DatasetConstantsError(name: TextConstants.name, reason: "\(error)")
        }
    }
}
