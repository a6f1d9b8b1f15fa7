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

    /// Converts texts to the tokens that a language model was trained on; nil if it was trained on numbers of tokens whose texts are
    /// not known.
    /// - Throws: `DatasetConstantsError`.
    public func tokenizer() throws -> (any Tokenizer)? {
        if try textConstants()?.unit == nil { return ByteTokenizer() }
        return try storedTokenizer()?.tokenizer
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
