extension LanguageModeling: ExportableTask {
    /// `logits` of each next token, [n, context, vocabulary].
    public func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        [ExportedOutput("logits", try network(batch))]
    }
}
