import LockstepReaders

extension TableFormat {
    /// The format of a recipe's tables.
    /// - Parameter isJSONLines: whether they are JSON lines instead of CSV.
    init(_ recipe: DataConfiguration.CSV, isJSONLines: Bool) {
        self.init(
            train: recipe.train.description, target: recipe.target, categorical: recipe.categorical,
            ignore: recipe.ignore, isRegression: recipe.task == .regression, header: recipe.header,
            delimiter: recipe.delimiter, encoding: recipe.encoding, canMiss: recipe.missing == .mean,
            missingValues: recipe.missingValues,
            standardizesNumbers: recipe.preparation.standardizesNumbers,
            standardizesTargets: recipe.standardizeTargets, isJSONLines: isJSONLines,
            treatment: recipe.treatment, text: recipe.text)
    }
}
