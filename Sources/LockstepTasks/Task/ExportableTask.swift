import LockstepAutograd

/// A task whose networks can be exported to other programs: it defines their results.
public protocol ExportableTask: LearningTask {
    /// The results for a batch of samples, computed on the batch's tape, from which predictions are made. Target fields are zeros.
    /// - Throws: an error of the model.
    func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput]

    /// The names of the classes, in the order of the outputs; empty, the default, without classes.
    var exportedClasses: [String] { get }

    /// Whether a sample has exactly one class; true by default.
    var exportsOneClass: Bool { get }
}

extension ExportableTask {
    public var exportedClasses: [String] { [] }
    public var exportsOneClass: Bool { true }
}

/// A result of an exported network.
public struct ExportedOutput {
    /// The name of the result in other programs.
    public var name: String
    /// Its value on the tape, in float32.
    public var variable: Variable
    /// The factor and then the summand that are applied outside of the network to each number along the last dimension; empty for none.
    public var units: [(factor: Double, offset: Double)]

    /// Makes a result.
    public init(_ name: String, _ variable: Variable, units: [(factor: Double, offset: Double)] = []) {
        self.name = name
        self.variable = variable
        self.units = units
    }
}
