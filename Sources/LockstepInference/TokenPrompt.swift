import LockstepTasks

/// Checks of a text that is to be continued.
public enum TokenPrompt {
    /// A model can continue only what has begun.
    /// - Throws: `TrainingError.model` for an empty prompt.
    public static func check(_ prompt: some Collection) throws(TrainingError) {
        guard !prompt.isEmpty else {
            throw .model(
                "the prompt is empty: a model continues a text; give --prompt at least one character, or --prompt-tokens one token"
            )
        }
    }

    /// The tokens in a list such as `1,2,3`.
    /// - Throws: `TrainingError.model` for a list with something else.
    public static func tokens(_ list: String) throws(TrainingError) -> [Int32] {
        var tokens: [Int32] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            // Spaces around an id are allowed, but not within it.
            let words = part.split(separator: " ")
            guard words.count == 1, let token = Int32(words[0]), token >= 0 else {
                throw .model(
                    "--prompt-tokens must be token ids separated by commas, such as 464,3290; got '\(list)'"
                )
            }
            tokens.append(token)
        }
        return tokens
    }

    /// Bytes that the training text does not have are outside of what the model has learned: their embeddings are noise.
    /// - Parameters:
    ///   - vocabulary: the number of different tokens.
    ///   - known: the bytes that the training text has; empty when they are not known, and for tokens that are not bytes.
    package static func check(
        _ prompt: [Int32], vocabulary: Int, known: Set<UInt8>
    ) throws(TrainingError) {
        if let place = prompt.firstIndex(where: { !(0..<vocabulary ~= Int($0)) }) {
            throw .model(
                "the prompt has token \(prompt[place]) at position \(place), but the model has \(vocabulary) tokens, "
                    + "0 to \(vocabulary - 1)")
        }
        guard !known.isEmpty, let place = prompt.firstIndex(where: { !known.contains(UInt8($0)) }) else {
            return
        }
        throw .model(
            "the prompt has byte \(prompt[place]) at position \(place), which is outside the model's vocabulary: the text that it "
                + "was trained on does not have it. Give --prompt only what stands in that text")
    }
}
