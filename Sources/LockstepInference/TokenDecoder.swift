import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// Computes the logits of the token that follows a text.
package protocol TokenDecoder: AnyObject {
    /// - Parameter tokens: the text, at least one token.
    /// - Returns: a number for each token of the vocabulary.
    func logits(after tokens: [Int32]) -> [Float]
}

/// Passes over the whole window for each token: for every model.
package final class WindowDecoder: TokenDecoder {
    private let network: any Model
    private let window: TokenWindow
    private let tape: Tape
    /// [1, context]; what lies behind the text has no influence, since the model looks backwards only.
    private let ids: Tensor

    /// A decoder; by default the model sees the last `context` tokens.
    package init(_ network: any Model, context: Int, advance: Int = 1, precision: Precision) {
        self.network = network
        window = TokenWindow(context: context, advance: advance)
        tape = Tape(pool: StoragePool(), precision: precision)
        ids = Tensor(zeros: Shape(1, context), dtype: .int32)
    }

    package func logits(after tokens: [Int32]) -> [Float] {
        let seen = tokens[window.start(of: tokens.count)...]
        ids.fillWithZeros()
        for (place, token) in seen.enumerated() { ids.int32s[place] = token }
        tape.begin(mode: .inference, parameterVersion: 1)
        defer { tape.clear() }
        return network.outputs(tape.constant(ids)).value.row(seen.count - 1)
    }
}

/// Passes over new tokens only, with what the model keeps of earlier ones.
///
/// Beyond the context the window advances by a quarter of it, and the model then reads what it sees again.
package final class IncrementalDecoder: TokenDecoder {
    private let network: any IncrementalModel
    private let window: TokenWindow
    private let tape: Tape
    private let memory: any SequenceMemory
    /// The tokens in the memory.
    private var read: [Int32] = []

    /// A decoder without any tokens.
    package init(_ network: any IncrementalModel, context: Int, precision: Precision) {
        self.network = network
        window = TokenWindow(context: context, advance: Self.advance(context: context))
        tape = Tape(pool: StoragePool(), precision: precision)
        memory = network.makeMemory(capacity: context, precision: precision)
    }

    /// By how many tokens the window advances: few, so that the model sees most of its context, but enough to be worth
    /// reading the rest again.
    package static func advance(context: Int) -> Int { max(1, context / 4) }

    package func logits(after tokens: [Int32]) -> [Float] {
        let seen = tokens[window.start(of: tokens.count)...]
        // At least one token has to be new: its outputs are asked for.
        if read.count >= seen.count || !seen.starts(with: read) {
            memory.clear()
            read = []
        }
        let new = Array(seen.dropFirst(read.count))
        read += new
        tape.begin(mode: .inference, parameterVersion: 1)
        defer { tape.clear() }
        let ids = tape.constant(Tensor(new, shape: Shape(1, new.count)))
        return network.outputs(ids, after: memory).value.row(new.count - 1)
    }
}

extension IncrementalModel {
    /// The network's outputs in float32.
    fileprivate func outputs(_ x: Variable, after memory: any SequenceMemory) -> Variable {
        cast(self(x, after: memory), to: .float32)
    }
}

extension Tensor {
    /// A row of outputs [1, L, vocabulary].
    fileprivate func row(_ step: Int) -> [Float] {
        Array(UnsafeBufferPointer(start: floats + step * shape[2], count: shape[2]))
    }
}
