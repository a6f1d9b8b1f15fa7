import CKernels
import LockstepAutograd

// Operators of variables and numbers. `+` and `*` of two variables are in Add.swift and Multiply.swift,
// factors in Scale.swift. All are elementwise; two variables may have different shapes (see `subtract`).

/// a - b, with broadcasting.
public func - (a: Variable, b: Variable) -> Variable { subtract(a, b) }

/// a / b, with broadcasting.
public func / (a: Variable, b: Variable) -> Variable { divide(a, b) }

/// -x.
public prefix func - (x: Variable) -> Variable { unary(LOCKSTEP_UNARY_AFFINE, x, -1) }

/// x + constant.
public func + (x: Variable, constant: Float) -> Variable { unary(LOCKSTEP_UNARY_AFFINE, x, 1, constant) }

/// constant + x.
public func + (constant: Float, x: Variable) -> Variable { unary(LOCKSTEP_UNARY_AFFINE, x, 1, constant) }

/// x - constant.
public func - (x: Variable, constant: Float) -> Variable { unary(LOCKSTEP_UNARY_AFFINE, x, 1, -constant) }

/// constant - x.
public func - (constant: Float, x: Variable) -> Variable { unary(LOCKSTEP_UNARY_AFFINE, x, -1, constant) }

/// x / divisor.
public func / (x: Variable, divisor: Float) -> Variable { unary(LOCKSTEP_UNARY_QUOTIENT, x, divisor) }

/// constant / x.
public func / (constant: Float, x: Variable) -> Variable { unary(LOCKSTEP_UNARY_INVERSE, x, constant) }
