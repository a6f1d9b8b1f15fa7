import LockstepAutograd

/// A model of sequences that can continue a sequence step by step from what it keeps of earlier steps: generating a
/// token then needs a pass over one token, not over the whole context.
///
/// A model that does not conform generates with passes over the whole context.
public protocol IncrementalModel: Model {
    /// Memory without any steps, for sequences of up to `capacity` steps.
    func makeMemory(capacity: Int, precision: Precision) -> any SequenceMemory
    /// The outputs of the steps `x` [1, T, ...], which follow the steps in the memory and are added to it. They are
    /// those of a pass over all steps, up to rounding. For inference: there is no backward.
    func callAsFunction(_ x: Variable, after memory: any SequenceMemory) -> Variable
}

/// What a model keeps of the steps of one sequence: keys and values of attention, or the state of recurrent layers.
public protocol SequenceMemory: AnyObject {
    /// Forgets all steps.
    func clear()
}
