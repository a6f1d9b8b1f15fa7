import LockstepConfiguration
import LockstepTensors

extension DataConfiguration {
    /// Opens the data of a recipe. Several processes of a host share decoded data.
    /// - Throws: `ComponentError`; `DatasetError` for files that cannot be read or are invalid; `DatasetConstantsError` for
    ///   invalid constants.
    public func open(_ request: DatasetRequest = DatasetRequest()) throws -> any Dataset {
        if let windows { return try TextDataset(TextSource(self, windows, request), windows, request) }
        if case .sequences(let recipe) = self { return try SequenceDataset(recipe, request) }
        let samples = try PreparedSamples(self, request)
        switch self {
        case .csv, .jsonLines: return TableDataset(samples)
        default: return samples.sampleShape.rank == 3 ? ImageDataset(samples) : ArrayDataset(samples)
        }
    }

    /// The fields of a recipe's samples as far as they are known without its files, from the constants of a trained
    /// network. Nil if the constants do not have them, as in early checkpoints.
    /// - Throws: `DatasetConstantsError` for invalid constants.
    public func schema(of constants: DatasetConstants) throws -> BatchSchema? {
        if let windows { return try windows.schema(of: constants) }
        if case .sequences = self { return try constants.sequenceSchema }
        return try constants.ofSamples()?.schema
    }
}
