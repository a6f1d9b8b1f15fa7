import LockstepReaders

/// How the numbers of an input field are computed from the data: y = float32((x - offset) factor) scale + shift, element by
/// element; then missing numbers (NaN) are replaced. Other programs that run a trained network do the same.
///
/// A list is empty if its operation is left out; otherwise it has one number, one for each channel (the last dimension of a sample),
/// or one for each element of a sample.
public struct InputPreparation: Sendable, Equatable {
    /// Subtracted in 64 bits.
    public var offsets: [Double] = []
    /// Multiplied by in 64 bits; as many as `offsets`.
    public var factors: [Double] = []
    /// Multiplied by in 32 bits.
    public var scale: [Float] = []
    /// Added in 32 bits; as many as `scale`.
    public var shift: [Float] = []
    /// The replacement for a missing number, after all these operations.
    public var missing: [Float] = []
    /// The names of the elements of a sample; empty if they have no names. A table's column of categories has one element for
    /// each category, `column=category`, which is 1 or 0.
    public var names: [String] = []
    /// The table, if the data are a table of only numbers and categories; otherwise nil.
    public var table: Table?

    /// A table, whose columns make the elements of a sample.
    public struct Table: Sendable, Equatable {
        /// A column.
        public struct Column: Sendable, Equatable {
            /// The name.
            public var name: String
            /// The categories, one element of a sample each; nil for a column of numbers.
            public var categories: [String]?
        }

        /// The columns of the input.
        public var columns: [Column] = []
        /// The texts that stand for a missing value.
        public var missingTexts: [String] = []
        /// Whether values may be missing.
        public var canMiss = false
    }

    /// No preparation.
    public init() {}
}

extension InputPreparation {
    /// The preparation of samples.
    init(_ constants: DataConstants) {
        let groups = constants.inputs.means.count
        let scaling = InputScaling(constants.inputs, size: groups)
        if !constants.inputs.deviations.isEmpty { (scale, shift) = (scaling.scale, scaling.shift) }
        names = constants.columns?.featureNames ?? []
        if constants.columns != nil, groups > 0 { missing = scaling.missing }
        table = constants.columns.flatMap { Table($0) }
        guard let narrowing = constants.narrowing?.inputs else { return }
        guard let columns = constants.columns else {
            (offsets, factors) = (narrowing.offsets, narrowing.factors)
            return
        }
        // Only numbers are narrowed, not the zeros and ones of categories.
        for element in columns.elements {
            offsets.append(element.number.map { narrowing.offsets[$0 % narrowing.offsets.count] } ?? 0)
            factors.append(element.number.map { narrowing.factors[$0 % narrowing.factors.count] } ?? 1)
        }
    }
}

extension InputPreparation.Table {
    /// - Returns: nil for a table with inputs that are neither numbers nor categories, such as parts of dates.
    init?(_ columns: CSVColumns) {
        guard columns.imputations?.isEmpty ?? true else { return nil }
        for (name, role) in zip(columns.names, columns.roles) {
            switch role {
            case .number: self.columns.append(Column(name: name))
            case .category(let place):
                self.columns.append(Column(name: name, categories: columns.vocabularies[place].names))
            case .date, .hashed: return nil
            case .target, .ignored, .weight, .identifier: continue
            }
        }
    }
}

extension DataConfiguration {
    /// The preparation of a recipe's input field, from the constants of a trained network; nil if
    /// the data are used unchanged, as with texts.
    /// - Throws: `DatasetConstantsError` for constants that cannot be used.
    public func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation? {
        guard windows == nil, let samples = try constants.ofSamples() else { return nil }
        var preparation = InputPreparation(samples)
        if let table {
            preparation.table?.missingTexts = table.missingValues
            preparation.table?.canMiss = table.missing == .mean
            // Other programs read numbers in their usual notation, and treat a category that is not in the training file as an error.
            let isPlain = table.text.decimal == "." && table.text.thousands.isEmpty
            if !isPlain || table.treatment.unknown == .ignore { preparation.table = nil }
        }
        return preparation
    }
}
