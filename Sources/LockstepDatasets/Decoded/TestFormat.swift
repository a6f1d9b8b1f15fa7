import LockstepReaders

/// What a training split has decided that has a say in how a test set is read.
struct TestFormat {
    /// The number of classes; 0 where targets are numbers.
    var classes: Int
    /// The names of the classes; empty where they are not known.
    var classNames: [String]
    /// The columns of a table; nil for everything else.
    var columns: CSVColumns?
    /// How numbers are converted to 32 bits.
    var narrowing: DataNarrowing
}
