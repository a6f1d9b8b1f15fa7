/// Who decides how numbers become 32-bit ones.
enum NarrowingRule {
    /// The file that is read.
    case measured
    /// Nobody: they stay as they are, since they are not standardised, or images are changed in their own units. It is an error where that
    /// would make different numbers equal.
    case plain
    /// The file that the network was trained on.
    case given(NumberNarrowing?)

    /// - Parameters:
    ///   - isStandardized: whether the numbers will be standardised.
    ///   - given: what has been decided before; nil for nothing.
    init(isStandardized: Bool, given: NumberNarrowing??) {
        switch given {
        case .some(let narrowing): self = .given(narrowing)
        case nil: self = isStandardized ? .measured : .plain
        }
    }

    /// Decides for finite numbers; nan is a missing one.
    /// - Parameters:
    ///   - name: what a column is called in messages.
    ///   - key: the key with which the numbers would be standardised, and its value.
    /// - Returns: nil for as they are.
    func decide(
        columns: Int, count: Int, file: String, name: (Int) -> String, key: String,
        _ difference: (_ index: Int, _ origin: Double) -> Double
    ) throws(DatasetError) -> NumberNarrowing? {
        switch self {
        case .given(let narrowing):
            guard narrowing == nil || narrowing?.offsets.count == columns else {
                throw DatasetError(
                    .mismatch, file,
                    "there are \(columns) columns of numbers, and the network was trained on \(narrowing?.offsets.count ?? 0)",
                    advice: "give data like those that the network was trained on")
            }
            return narrowing
        case .measured:
            return NumberNarrowing(ColumnMeasure.measure(columns: columns, count: count, difference))
        case .plain:
            let measures = ColumnMeasure.measure(columns: columns, count: count, difference)
            guard let lost = measures.firstIndex(where: \.isLost) else { return nil }
            throw DatasetError(
                .value, file,
                "32-bit numbers cannot tell the values of \(name(lost)) apart (mean \(measures[lost].mean), standard deviation "
                    + "\(measures[lost].deviation))",
                advice: "let them be standardised (\(key)), or subtract an offset from them before")
        }
    }
}
