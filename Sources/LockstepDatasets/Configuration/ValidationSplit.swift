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
            try DataConfigurationError.require(
                fraction > 0 && fraction < 1, "validation", "must be above 0 and below 1; got \(fraction)")
        case .fold(let index, let count):
            try DataConfigurationError.require(
                count >= 2 && count <= 1_000_000, "validation.of", "must be in 2...1000000; got \(count)")
            try DataConfigurationError.require(
                index >= 0 && index < count, "validation.fold", "must be in 0...\(count - 1); got \(index)")
        }
    }
}
