import LockstepAutograd

/// x as a constant: no gradient reaches x. No copy; any shape and type.
public func stopGradient(_ x: Variable) -> Variable { x.tape.constant(x.value) }
