import LockstepAutograd
import LockstepTensors
import Testing

/// A tape asks before it reads a parameter, and before it writes gradients.
@Suite struct ParameterGateTests {
    private struct Gone: Error {}

    /// Notes what it is asked, and gives a parameter its value when it is asked for it.
    private final class Gate: ParameterGate {
        var asked: [String] = []
        var fails = false

        func wait(for parameter: Parameter) throws {
            asked.append(parameter.name)
            parameter.value.floats[0] = 7
            if fails { throw Gone() }
        }

        func waitForAll() throws { asked.append("all") }
    }

    private func pass(_ gate: Gate?, on tape: Tape) -> (store: ParameterStore, value: Variable) {
        let store = ParameterStore()
        let parameter = store.root.parameter("weight", shape: Shape(1), role: .weight) { values, _, _ in
            values[0] = 1
        }
        store.allocate()
        store.initialize(seed: 0)
        tape.begin(mode: .training, gate: gate)
        return (store, tape.variable(parameter))
    }

    @Test func isAskedBeforeReadingAndBeforeBackward() {
        let gate = Gate()
        let tape = Tape(pool: StoragePool())
        let (store, value) = pass(gate, on: tape)
        #expect(value.value.floats[0] == 7 && gate.asked == ["weight"])
        tape.backward(from: value, store: store)
        #expect(gate.asked == ["weight", "all"] && tape.failure == nil)
    }

    @Test func aPassWithoutAGateDoesNotWait() {
        let tape = Tape(pool: StoragePool())
        let gate = Gate()
        _ = pass(gate, on: tape)
        let (store, value) = pass(nil, on: tape)
        tape.backward(from: value, store: store)
        #expect(value.value.floats[0] == 1 && gate.asked == ["weight"])
    }

    @Test func whatItThrowsIsThePassesFailure() {
        let gate = Gate()
        gate.fails = true
        let tape = Tape(pool: StoragePool())
        _ = pass(gate, on: tape)
        #expect(tape.failure is Gone)
    }
}
