/// The part of the training data that is held back for validation.
public enum ValidationSplit: Codable, Sendable, Hashable {
    /// No validation data.
    case none
    /// A share of the training data, rounded to whole samples.
    case fraction(Double)
    /// One of `of` folds of nearly equal size; `index` counts from 0.
    case fold(index: Int, of: Int)

    func validate() throws(DataConfigurationError) {
        switch self {
        case .none: return
        case .fraction(let fraction):
            try DataConfigurationError.require(fraction, in: .validationShare, "validation")
        case .fold(let index, let count):
            try DataConfigurationError.require(count, in: .folds, "validation.of")
            try DataConfigurationError.require(index, in: .within(0...count - 1), "validation.fold")
        }
    }
}
