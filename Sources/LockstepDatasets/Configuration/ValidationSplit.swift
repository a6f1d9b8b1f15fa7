import LockstepConfiguration

/// The part of the training data that is held back for validation.
public enum ValidationSplit: Codable, Sendable, Hashable {
    /// No validation data.
    case none
    /// A share of the training data, rounded to whole samples.
    case fraction(Double)
    /// One of `of` folds of nearly equal size; `index` counts from 0.
    case fold(index: Int, of: Int)

    func validate() throws(ComponentError) {
        switch self {
        case .none: return
        case .fraction(let fraction):
            try ComponentError.require(fraction, in: .validationShare, "validation")
        case .fold(let index, let count):
            try ComponentError.require(count, in: .folds, "validation.of")
            try ComponentError.require(index, in: .within(0...count - 1), "validation.fold")
        }
    }
}
