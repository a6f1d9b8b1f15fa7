import LockstepAutograd

/// A task whose networks other programs can run: it says what they are to compute.
public protocol ExportableTask: LearningTask {
    /// The results of a batch of samples, computed on the batch's tape: what predictions are made of. Target fields are zeros.
    /// - Throws: what is wrong with the model.
    func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput]

    /// The names of the classes, in the order of the outputs that are about classes; empty, the default, without classes.
    var exportedClasses: [String] { get }

    /// Whether a sample has exactly one of the classes; true by default.
    var exportsOneClass: Bool { get }
}

extension ExportableTask {
    public var exportedClasses: [String] { [] }
    public var exportsOneClass: Bool { true }
}

/// A result of an exported network.
public struct ExportedOutput {
    /// The name that other programs ask for it by.
    public var name: String
    /// Its value on the tape, in float32.
    public var variable: Variable
    /// What each number along the last dimension is multiplied by outside of the network, and what is added then; empty for nothing.
    public var units: [(factor: Double, offset: Double)]

    /// A result.
    public init(_ name: String, _ variable: Variable, units: [(factor: Double, offset: Double)] = []) {
        self.name = name
        self.variable = variable
        self.units = units
    }
}
