import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct ActivationCheckpointTests {
    private let inputs = ["x": filled(Shape(4, 6)), "weight": filled(Shape(6, 6)), "bias": filled(Shape(6))]
    private let upstream = filled(Shape(4, 6))

    private func bench() -> OperationBench {
        OperationBench(inputs: inputs, parameterNames: ["weight", "bias"], pool: StoragePool(poison: 0xFF))
    }

    /// x + gelu(dropout(x) W^T + b), twice with the same W and b.
    private func part(_ bench: OperationBench) -> (Variable) -> Variable {
        let named = Dictionary(uniqueKeysWithValues: bench.store.parameters.map { ($0.name, $0) })
        guard let weight = named["weight"], let bias = named["bias"] else { fatalError() }
        return { x in
            x + gelu(linear(dropout(x, probability: 0.3, layer: 1), weight: weight, bias: bias))
        }
    }

    /// The ways to checkpoint two parts in a row.
    private func bodies(_ bench: OperationBench) -> [String: (Variable) -> Variable] {
        let part = part(bench)
        let checkpoint = ActivationCheckpoint(part)
        let nested = ActivationCheckpoint { checkpoint(checkpoint($0)) }
        let both = ActivationCheckpoint { part(part($0)) }
        return [
            "without": { part(part($0)) }, "twice": { checkpoint(checkpoint($0)) },
            "first": { part(checkpoint($0)) }, "second": { checkpoint(part($0)) }, "both": { both($0) },
            "nested": { nested($0) },
        ]
    }

    @Test func gradientsMatchDifferences() {
        var bench = bench()
        for (name, body) in bodies(bench) {
            bench.expectGradientMatchesDifferences(inputs, upstream: upstream, name) { _, variables in
                guard let x = variables["x"] else { fatalError() }
                return body(x)
            }
        }
    }

    @Test func gradientsHaveTheBitsOfThoseWithout() {
        var bench = bench()
        let bodies = bodies(bench)
        func run(_ name: String) -> [[UInt32]] {
            guard let body = bodies[name] else { fatalError() }
            let result = bench.run(inputs, upstream: upstream) { _, variables in
                guard let x = variables["x"] else { fatalError() }
                // The input of a part also has a use outside of it.
                return body(x) * x
            }
            return (["x", "weight", "bias"].map { result.gradients[$0] } + [result.y]).map {
                ($0?.floatArray ?? []).map(\.bitPattern)
            }
        }
        let expected = run("without")
        #expect(expected.allSatisfy { !$0.isEmpty })
        for name in bodies.keys { #expect(run(name) == expected, "\(name)") }
    }

    /// Only backward of something that depends on a part computes it again, and only once.
    @Test func isComputedAgainOnlyForItsGradients() {
        let tape = Tape(pool: StoragePool())
        var calls = 0
        let checkpoint = ActivationCheckpoint { x in
            calls += 1
            return gelu(gelu(x))
        }
        for mode in [Tape.Mode.training, .inference, .training] {
            calls = 0
            tape.begin(mode: mode)
            _ = checkpoint(tape.constant(upstream))
            let x = tape.input(upstream)
            let unused = checkpoint(x)
            #expect(calls == 2)
            tape.backward(from: sum(checkpoint(x)))
            #expect(calls == 4)
            #expect(unused.requiresGradient && tape.gradient(of: x) != nil)
        }
    }

    /// A chain of parts needs the memory of one part and of all inputs.
    @Test func memoryGrowsByOneInputPerPart() {
        func byteCount(parts: Int, isCheckpointed: Bool) -> Int {
            let pool = StoragePool()
            let tape = Tape(pool: pool)
            let body = { (x: Variable) in gelu(gelu(gelu(gelu(x)))) }
            let checkpoint = ActivationCheckpoint(body)
            for _ in 0..<2 {
                tape.begin(mode: .training)
                var y = tape.input(Tensor(zeros: Shape(1024)))
                for _ in 0..<parts { y = isCheckpointed ? checkpoint(y) : body(y) }
                tape.backward(from: sum(y))
            }
            return pool.allocatedByteCount
        }
        let growth = [false, true].map {
            byteCount(parts: 12, isCheckpointed: $0) - byteCount(parts: 8, isCheckpointed: $0)
        }
        #expect(growth[0] == 4 * 4 * 4096)
        #expect(growth[1] == 4 * 4096)
    }
}
