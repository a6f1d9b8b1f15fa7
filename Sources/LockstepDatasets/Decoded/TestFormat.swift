import LockstepReaders

/// What a training split has decided that has a say in how a test set is read.
struct TestFormat {
    /// The number of classes; 0 where targets are numbers.
    var classes: Int
    /// How many numbers a target has; 0 for classes.
    var targetWidth: Int
    /// The names of the classes; empty where they are not known.
    var classNames: [String]
    /// The columns of a table; nil for everything else.
    var columns: CSVColumns?
    /// How numbers are converted to 32 bits.
    var narrowing: DataNarrowing
}
