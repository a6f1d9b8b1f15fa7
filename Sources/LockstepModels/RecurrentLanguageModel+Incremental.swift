import LockstepAutograd
import LockstepContracts
import LockstepLayers
import LockstepOperations

/// The memory has the state of every layer.
extension RecurrentLanguageModel: IncrementalModel {
    public func makeMemory(capacity: Int, precision: Precision) -> any SequenceMemory {
        StateMemory(layers.makeStates(samples: 1, precision: precision))
    }

    public func callAsFunction(_ ids: Variable, after memory: any SequenceMemory) -> Variable {
        guard let memory = memory as? StateMemory else {
            brokenContract("RecurrentLanguageModel: the memory \(type(of: memory)) is of another model")
        }
        return logits(ids, continuing: memory.states)
    }

    private final class StateMemory: SequenceMemory {
        let states: [RecurrentState]

        init(_ states: [RecurrentState]) { self.states = states }

        func clear() { for state in states { state.clear() } }
    }
}
