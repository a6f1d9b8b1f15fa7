import LockstepContracts
import LockstepTensors

/// An operation's view of the tape during backward: the gradient of its output, and the destinations of its
/// inputs' gradients.
public struct BackwardContext {
    /// The tape.
    public let tape: Tape
    /// The gradient of the loss with respect to the operation's output; same shape as the output. Read only.
    public let outputGradient: Tensor
    let node: Int

    /// The pool for temporaries.
    public var pool: StoragePool { tape.pool }

    /// Whether the gradient of an input is needed.
    public func needsGradient(_ input: Int) -> Bool { tape.requiresGradient(tape.inputIndex(node, input)) }

    /// The destination of an input's gradient, and whether to add to its contents.
    ///
    /// For a parameter it is a view of the shard's flat gradient buffer. Call it once per input and backward;
    /// the operation must then write (or add to) every element.
    public func destination(_ input: Int) -> GradientDestination {
        tape.destination(of: tape.inputIndex(node, input))
    }

    /// Whether an input is a sparse table, whose gradient goes to `addRows`.
    public func isSparse(_ input: Int) -> Bool {
        tape.sparseTable(tape.inputIndex(node, input)) != nil
    }

    /// Adds to rows of the gradient of a sparse table. Rows outside of the table are left out.
    ///
    /// Shapes: ids [...], int32; rows [..., width], float32.
    public func addRows(_ input: Int, ids: Tensor, rows: Tensor) {
        guard let table = tape.sparseTable(tape.inputIndex(node, input)) else {
            brokenContract("BackwardContext: input \(input) is not a sparse table")
        }
        guard let gradients = tape.sparseGradients else {
            brokenContract(
                """
                Tape: no destination for the gradient of the sparse table \(table.name): train it with DataParallel, and \
                begin the tape with ShardTask.begin
                """
            )
        }
        gradients.add(ids: ids, rows: rows, to: table)
    }

    /// Calls `body` to write an input's gradient: directly, or to a temporary that is then added.
    public func write(_ input: Int, _ body: (Tensor) -> Void) {
        guard needsGradient(input) else { return }
        tape.write(to: tape.inputIndex(node, input), body)
        tape.finishWrite(of: node, input)
    }

    /// Passes on a gradient that the operation does not change: by reference where possible. The shape may
    /// differ from the input's if the number of elements is the same.
    public func passThrough(_ input: Int, _ gradient: Tensor) {
        guard needsGradient(input) else { return }
        tape.passThrough(to: tape.inputIndex(node, input), gradient)
    }
}

/// The destination of an input's gradient.
public struct GradientDestination {
    /// The memory, with the input's shape.
    public let tensor: Tensor
    /// Whether to add to the contents (true) or to overwrite them (false).
    public let accumulates: Bool
}
