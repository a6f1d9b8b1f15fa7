/// How the conversion of numbers to 32 bits is decided.
package enum NarrowingRule {
    /// It is derived from the file that is being read.
    case measured
    /// Numbers are only rounded, since they are not standardised, or since images are augmented in their own units. It is
    /// an error if different numbers become equal.
    case plain
    /// It is that of the file on which the network was trained.
    case given(NumberNarrowing?)

    /// - Parameters:
    ///   - isStandardized: whether the numbers will be standardised.
    ///   - given: the decision from training; nil for none.
    package init(isStandardized: Bool, given: NumberNarrowing??) {
        switch given {
        case .some(let narrowing): self = .given(narrowing)
        case nil: self = isStandardized ? .measured : .plain
        }
    }

    /// Decides for finite numbers; NaN marks a missing one.
    /// - Parameters:
    ///   - name: the name of a column in messages.
    ///   - key: the setting with which the numbers would be standardised.
    /// - Returns: nil for plain rounding.
    package func decide(
        columns: Int, count: Int, file: String, name: (Int) -> String, key: String,
        _ difference: (_ index: Int, _ origin: Double) -> Double
    ) throws(DatasetError) -> NumberNarrowing? {
        try decide(
            columns: columns, file: file, name: name, key: key,
            measure: { () throws(DatasetError) in
                ColumnMeasure.measure(columns: columns, count: count, difference)
            })
    }

    /// Decides for columns, which are measured only if necessary.
    package func decide(
        columns: Int, file: String, name: (Int) -> String, key: String,
        measure: () throws(DatasetError) -> [ColumnMeasure]
    ) throws(DatasetError) -> NumberNarrowing? {
        switch self {
        case .given(let narrowing):
            guard narrowing == nil || narrowing?.offsets.count == columns else {
                throw DatasetError(
                    .mismatch, file,
                    "there are \(columns) columns of numbers, but the network was trained on \(narrowing?.offsets.count ?? 0)",
                    advice: "give data with the columns of the training data")
            }
            return narrowing
        case .measured:
            return NumberNarrowing(try measure())
        case .plain:
            let measures = try measure()
            guard let lost = measures.firstIndex(where: \.isLost) else { return nil }
            throw DatasetError(
                .value, file,
                "32-bit numbers cannot distinguish the values of \(name(lost)) (mean \(measures[lost].mean), standard deviation "
                    + "\(measures[lost].deviation))",
                advice: "standardise them (\(key)), or subtract an offset from them first")
        }
    }
}
