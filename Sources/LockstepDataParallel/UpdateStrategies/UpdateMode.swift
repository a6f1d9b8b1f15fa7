import LockstepCollectives

/// How several hosts update the parameters. On one host all modes are the same.
public enum UpdateMode: Sendable, Hashable {
    /// Every host updates all parameters (`ReplicatedUpdate`, `ArrivingUpdate`).
    case replicated
    /// Every host has moments of a part of the parameters, updates that part, and sends it to the others
    /// (ZeRO stage 1: Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter
    /// Models", 2020; `ShardedUpdate`).
    case shardedOptimizer
    /// Every host updates all parameters with only its gradients, and hosts average the parameters after
    /// every `interval` steps (Stich, "Local SGD Converges Fast and Communicates Little", 2019;
    /// `LocalUpdate`).
    case localSGD(interval: Int)

    /// The sums that hosts need, and the strategy that uses them.
    var plan: (placement: SumPlacement, make: (PhaseState, TrainingMemory) -> any UpdateStrategy) {
        switch self {
        case .replicated:
            (
                .arriving,
                { phase, memory in
                    phase.allreduce.isInParts
                        ? ArrivingUpdate(phase, memory) as any UpdateStrategy
                        : ReplicatedUpdate(phase, memory)
                }
            )
        case .shardedOptimizer: (.ownParts, { ShardedUpdate($0, $1) })
        case .localSGD(let interval): (.ownGradients, { LocalUpdate($0, $1, interval: interval) })
        }
    }

    /// The strategy for a phase.
    func strategy(_ phase: PhaseState, _ memory: TrainingMemory) -> any UpdateStrategy {
        phase.allreduce.nodeCount == 1 ? SingleHostUpdate(phase, memory) : plan.make(phase, memory)
    }
}
