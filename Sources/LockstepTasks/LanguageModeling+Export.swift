extension LanguageModeling: ExportableTask {
    /// `logits` of the token that follows each one, [n, context, vocabulary].
    public func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        [ExportedOutput("logits", try network(batch))]
    }
}
