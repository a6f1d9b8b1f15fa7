import LockstepAutograd
import LockstepTensors
import Testing

/// y = a * b, element by element: the smallest operation that has to keep its inputs.
private final class Product: DifferentiableOperation {
    struct Key: Equatable { var shape: Shape }
    let key: Key
    var saved: (a: Tensor, b: Tensor)?
    init(key: Key) { self.key = key }

    func backward(_ context: BackwardContext) {
        guard let (a, b) = saved else { return }
        let gradient = context.outputGradient
        for (input, other) in [(0, b), (1, a)] {
            context.write(input) { destination in
                for i in 0..<gradient.elementCount {
                    destination.floats[i] = gradient.floats[i] * other.floats[i]
                }
            }
        }
    }

    func release() { saved = nil }
}

private func product(_ a: Variable, _ b: Variable) -> Variable {
    let tape = a.tape
    let operation = tape.operation(Product.self, key: .init(shape: a.shape)) { Product(key: $0) }
    let y = tape.pool.tensor(a.shape)
    for i in 0..<a.shape.elementCount { y.floats[i] = a.value.floats[i] * b.value.floats[i] }
    operation.saved = (a.value, b.value)
    return tape.record(operation, inputs: a, b, output: y)
}

/// y = x: hands its gradient on unchanged.
private final class Identity: DifferentiableOperation {
    struct Key: Equatable {}
    let key = Key()
    func backward(_ context: BackwardContext) { context.passThrough(0, context.outputGradient) }
    func release() {}
}

private func identity(_ x: Variable) -> Variable {
    let operation = x.tape.operation(Identity.self, key: .init()) { _ in Identity() }
    return x.tape.record(operation, inputs: x, output: x.value)
}

@Suite struct TapeTests {
    private func scalarStore(_ names: [String], _ values: [Float]) -> ParameterStore {
        let store = ParameterStore()
        for (name, value) in zip(names, values) {
            _ = store.root.parameter(name, shape: Shape(1), role: .weight) { pointer, _, _ in
                pointer[0] = value
            }
        }
        store.allocate()
        store.initialize(seed: 0)
        return store
    }

    @Test func chainRuleWithSharedUses() {
        let tape = Tape(pool: StoragePool())
        for _ in 0..<3 {
            tape.begin(mode: .training)
            let x = tape.input(Tensor([3] as [Float], shape: Shape(1)))
            let square = product(x, x)
            let cube = product(square, identity(x))
            tape.backward(from: product(cube, identity(square)))  // x^5
            #expect(tape.gradient(of: x)?.floats[0] == Float(405))
        }
    }

    @Test func objectsOfSeveralShapesAreKept() {
        let tape = Tape(pool: StoragePool())
        var objects: [[ObjectIdentifier]] = []
        for _ in 0..<3 {
            var round: [ObjectIdentifier] = []
            for extent in 1...4 {
                tape.begin(mode: .training)
                let x = tape.input(Tensor(zeros: Shape(extent)))
                let operation = tape.operation(Product.self, key: .init(shape: x.shape)) { Product(key: $0) }
                round.append(ObjectIdentifier(operation))
                _ = tape.record(operation, inputs: x, x, output: x.value)
            }
            objects.append(round)
        }
        #expect(Set(objects[0]).count == 4)
        #expect(objects[1] == objects[0] && objects[2] == objects[0])
    }

    @Test func theFirstReportedErrorIsKeptUntilTheNextPass() {
        struct Trouble: Error { var number: Int }
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        #expect(tape.failure == nil)
        tape.report(Trouble(number: 1))
        tape.report(Trouble(number: 2))
        #expect((tape.failure as? Trouble)?.number == 1)
        tape.begin(mode: .training)
        #expect(tape.failure == nil)
    }

    @Test func aliasedGradientsAreNotOverwritten() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor([2] as [Float], shape: Shape(1)))
        let first = identity(x)
        let second = identity(first)
        // x is used three times; two of the uses hand over the same memory.
        tape.backward(from: product(product(second, first), x))
        #expect(tape.gradient(of: x)?.floats[0] == Float(12))
    }

    @Test func parametersAreOverwrittenThenAdded() {
        let store = scalarStore(["a", "b", "unused"], [2, 5, 7])
        let tape = Tape(pool: StoragePool())
        let gradients = [Float](repeating: 99, count: store.flatCount)
        gradients.withUnsafeBufferPointer { buffer in
            let flat = UnsafeMutablePointer(mutating: buffer.baseAddress!)
            for _ in 0..<2 {
                var ready: [String] = []
                tape.begin(mode: .training, gradients: flat)
                let a = tape.variable(store.parameters[0])
                let b = tape.variable(store.parameters[1])
                let dead = product(tape.variable(store.parameters[2]), a)
                _ = dead
                let y = product(product(a, b), tape.variable(store.parameters[0]))  // a^2 b
                tape.backward(from: y, store: store) { ready.append($0.name) }
                #expect(flat[store.parameters[0].offset] == 20)
                #expect(flat[store.parameters[1].offset] == 4)
                #expect(flat[store.parameters[2].offset] == 0)
                #expect(ready.sorted() == ["a", "b", "unused"])
                #expect(ready.first == "unused")
            }
        }
    }

    /// What waits for a parameter's gradient need not wait for the gradients of the other inputs.
    @Test func aGradientIsFinalBeforeTheRestOfItsOperation() throws {
        let store = scalarStore(["a"], [2])
        let tape = Tape(pool: StoragePool())
        let flat = UnsafeMutablePointer<Float>.allocate(capacity: store.flatCount)
        defer { flat.deallocate() }
        tape.begin(mode: .training, gradients: flat)
        let x = tape.input(Tensor([3] as [Float], shape: Shape(1)))
        let y = product(tape.variable(store.parameters[0]), x)
        var seen: [(gradient: Float, isInputDone: Bool)] = []
        tape.backward(from: y, store: store) { parameter in
            seen.append((flat[parameter.offset], tape.gradient(of: x) != nil))
        }
        #expect(seen.count == 1)
        #expect(seen.first?.gradient == 3 && seen.first?.isInputDone == false)
        #expect(tape.gradient(of: x)?.floats[0] == Float(2))
    }

    /// y = (x x)(x x): the gradient of the product x x, used twice, is 2 x x, and that of x is 4 x^3.
    @Test func gradientsOfIntermediateResultsAreKeptOnRequest() {
        let tape = Tape(pool: StoragePool())
        for keeps in [false, true, false] {
            tape.begin(mode: .training)
            let x = tape.input(Tensor([3] as [Float], shape: Shape(1)))
            let inner = product(x, x)
            let y = product(inner, inner)
            if keeps { tape.keepGradient(of: inner) }
            tape.backward(from: y)
            #expect(tape.gradient(of: inner)?.floats[0] == (keeps ? 18 : nil))
            #expect(tape.gradient(of: x)?.floats[0] == 108)
        }
    }

    @Test func operationsAreKeptFromPassToPass() {
        let pool = StoragePool()
        let tape = Tape(pool: pool)
        let data = Tensor([1, 2] as [Float], shape: Shape(2))
        for _ in 0..<5 {
            tape.begin(mode: .inference)
            _ = product(product(tape.constant(data), tape.constant(data)), tape.constant(data))
        }
        #expect(pool.allocationCount == 2)
    }

    @Test func inferenceKeepsNothing() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let data = tape.constant(Tensor([1] as [Float], shape: Shape(1)))
        #expect(!product(data, data).requiresGradient)
    }
}
