import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Cosine embedding loss of rows a and b: 1 - cos(a, b) where the sign is positive, else max(0, cos(a, b) -
/// margin).
///
/// Shapes: a and b [N, C], float32; signs [N], +1 (similar) or -1. PyTorch's `cosine_embedding_loss`.
public func cosineEmbedding(
    _ a: Variable, _ b: Variable, signs: Tensor, margin: Float = 0
) -> WeightedLoss {
    guard a.shape.rank == 2, b.shape == a.shape, signs.shape == Shape(a.shape[0]), signs.dtype == .float32
    else {
        brokenContract(
            """
            cosineEmbedding\(Variable.place(a, b)): \(a.shape) and \(b.shape) have to be equal matrices [N, C], and \
            signs \(signs.shape) of \(signs.dtype) elements [N] of float32
            """)
    }
    let (a, b) = (cast(a, to: .float32), cast(b, to: .float32))
    let operation = EmbeddingLossOperation.of(a, inputs: 2)
    let (rows, columns) = (a.shape[0], a.shape[1])
    let loss = operation.compute(a, b, nil) { da, db, _ in
        lockstep_cosine_embedding(
            da, db, a.value.floats, b.value.floats, signs.floats, rows, columns, margin)
    }
    let sum = a.tape.record(operation, inputs: a, b, output: EmbeddingLossOperation.number(loss.sum, a.tape))
    return WeightedLoss(sum: sum, sumValue: loss.sum, weight: loss.weight)
}

/// Triplet loss: max(0, |anchor - positive| - |anchor - negative| + margin) for each row, with Euclidean
/// distances.
///
/// Shapes: all [N, C], float32. PyTorch's `triplet_margin_loss` with p = 2. Source: Schroff, Kalenichenko,
/// Philbin: FaceNet (arXiv 1503.03832), section 3.1, with plain instead of squared distances.
public func triplet(
    anchor: Variable, positive: Variable, negative: Variable, margin: Float = 1
) -> WeightedLoss {
    guard anchor.shape.rank == 2, positive.shape == anchor.shape, negative.shape == anchor.shape else {
        brokenContract(
            """
            triplet\(Variable.place(anchor, positive, negative)): \(anchor.shape), \(positive.shape) and \
            \(negative.shape) have to be equal matrices [N, C]
            """)
    }
    let (a, p, n) = (
        cast(anchor, to: .float32), cast(positive, to: .float32), cast(negative, to: .float32)
    )
    let operation = EmbeddingLossOperation.of(a, inputs: 3)
    let (rows, columns) = (a.shape[0], a.shape[1])
    let loss = operation.compute(a, p, n) { da, dp, dn in
        lockstep_triplet(
            da, dp, dn, a.value.floats, p.value.floats, n.value.floats, rows, columns, margin)
    }
    let sum = a.tape.record(
        operation, inputs: a, p, n, output: EmbeddingLossOperation.number(loss.sum, a.tape))
    return WeightedLoss(sum: sum, sumValue: loss.sum, weight: loss.weight)
}

/// InfoNCE, the contrastive loss of pairs: matches each row of a with its partner among all rows of b, and
/// vice versa.
///
/// With unit rows and s = a b^T / temperature it is the mean of the cross-entropies of the rows and of the
/// columns of s, whose labels are the diagonal (NT-Xent between two views, CLIP's loss).
///
/// **The other rows of the shard are the negatives**: shards are independent, so the loss depends on the
/// number of shards of a batch (`shards`, part of the configuration), but not on the number of ranks. For a
/// shard with one pair the loss is 0.
///
/// Shapes: a and b [N, C]. Source: van den Oord, Li, Vinyals (arXiv 1807.03748), equation 4; Radford et al.
/// (arXiv 2103.00020), figure 3.
public func infoNCE(_ a: Variable, _ b: Variable, temperature: Float = 0.07) -> WeightedLoss {
    guard a.shape.rank == 2, b.shape == a.shape, temperature > 0 else {
        brokenContract(
            """
            infoNCE\(Variable.place(a, b)): \(a.shape) and \(b.shape) are not equal matrices [N, C], or temperature \
            \(temperature) is not above 0
            """)
    }
    let tape = a.tape
    let count = a.shape[0]
    let labels = tape.pool.tensor(Shape(count), .int32)
    for row in 0..<count { labels.int32s[row] = Int32(row) }
    let scores = matmul(unitRows(a), unitRows(b), transposeB: true) * (1 / temperature)
    let ofA = crossEntropy(scores, labels: labels)
    let ofB = crossEntropy(transpose(scores), labels: labels)
    return WeightedLoss(
        sum: (ofA.sum + ofB.sum) * 0.5, sumValue: (ofA.sumValue + ofB.sumValue) / 2, weight: Double(count))
}

/// Normalizes rows to length 1: x / max(|x|, 1e-12), over the last dimension; PyTorch's `normalize`.
///
/// Shapes: x and y [..., C], float32.
public func unitRows(_ x: Variable) -> Variable {
    let x = cast(x, to: .float32)
    let squares = sum(square(x), over: -1, keepsDimensions: true)
    return x / sqrt(clamp(squares, lower: 1e-24))
}

/// The operation behind losses of two or three matrices of one shape: forward also computes the gradients.
final class EmbeddingLossOperation: DifferentiableOperation {
    struct Key: Equatable {
        var shape: Shape
        var inputs: Int
    }

    let key: Key
    private var gradients: (Tensor?, Tensor?, Tensor?)

    static func of(_ x: Variable, inputs: Int) -> EmbeddingLossOperation {
        x.tape.operation(EmbeddingLossOperation.self, key: .init(shape: x.shape, inputs: inputs)) {
            EmbeddingLossOperation(key: $0)
        }
    }

    /// A tensor of one number.
    static func number(_ value: Double, _ tape: Tape) -> Tensor {
        let result = tape.pool.tensor(Shape(1))
        result.floats[0] = Float(value)
        return result
    }

    init(key: Key) { self.key = key }

    /// Calls `body` with the buffers of the gradients that are needed.
    func compute(
        _ a: Variable, _ b: Variable, _ c: Variable?,
        _ body: (
            UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
        ) -> lockstep_loss
    ) -> lockstep_loss {
        func place(_ x: Variable?) -> Tensor? {
            guard let x, x.requiresGradient else { return nil }
            return x.tape.pool.tensor(key.shape)
        }
        gradients = (place(a), place(b), place(c))
        return body(gradients.0?.floats, gradients.1?.floats, gradients.2?.floats)
    }

    func backward(_ context: BackwardContext) {
        pass(context, 0, gradients.0)
        pass(context, 1, gradients.1)
        if key.inputs == 3 { pass(context, 2, gradients.2) }
    }

    private func pass(_ context: BackwardContext, _ input: Int, _ gradient: Tensor?) {
        guard let gradient else { return }
        let seed = context.outputGradient.floats[0]
        if seed == 1 { return context.passThrough(input, gradient) }
        context.write(input) { lockstep_scale($0.floats, gradient.floats, gradient.elementCount, seed) }
    }

    func release() { gradients = (nil, nil, nil) }
}
