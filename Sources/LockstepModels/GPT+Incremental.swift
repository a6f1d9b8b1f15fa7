import LockstepAutograd
import LockstepContracts
import LockstepLayers
import LockstepOperations

/// The memory has the keys and values of every block.
extension GPT: IncrementalModel {
    public func makeMemory(capacity: Int, precision: Precision) -> any SequenceMemory {
        KeyValueMemory(blocks.map { $0.attention.makeCache(steps: capacity) })
    }

    public func callAsFunction(_ ids: Variable, after memory: any SequenceMemory) -> Variable {
        guard let memory = memory as? KeyValueMemory, memory.caches.count == blocks.count else {
            brokenContract("GPT: the memory \(type(of: memory)) is of another model")
        }
        var x = embedded(ids, firstStep: memory.caches[0].steps)
        for (block, cache) in zip(blocks, memory.caches) { x = block(x, cache: cache) }
        return logits(x)
    }

    private final class KeyValueMemory: SequenceMemory {
        let caches: [AttentionCache]

        init(_ caches: [AttentionCache]) { self.caches = caches }

        func clear() { for cache in caches { cache.clear() } }
    }
}
