import LockstepReaders

extension DataFiles? {
    /// The paths and patterns, for the keys of run files.
    var filePatterns: [String]? {
        get { self?.patterns }
        set { self = newValue.map(DataFiles.init(_:)) }
    }
}
