import LockstepReaders

/// The constants of the training split that affect how a test set is read.
struct TestFormat {
    /// The number of classes; 0 for numeric targets.
    var classes: Int
    /// The number of values of a target; 0 for classes.
    var targetWidth: Int
    /// The names of the classes; empty if unknown.
    var classNames: [String]
    /// The columns of a table; nil for everything else.
    var columns: CSVColumns?
    /// How numbers are converted to 32 bits.
    var narrowing: DataNarrowing
}
