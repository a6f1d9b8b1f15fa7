/// An optimizer that begins with a momentum of the gradients, and can be applied without it.
public protocol MomentumOptimizer: Optimizer {
    /// The momentum; nil if it is configured without.
    var momentum: Momentum? { get }

    /// The same optimizer without its momentum. Its moments are the first of the whole optimizer's, or none.
    var withoutMomentum: any Optimizer { get }
}
