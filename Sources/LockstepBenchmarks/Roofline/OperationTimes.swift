import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTimeline

/// Measures every operation of the steps whose passes it records: its time, its floating-point operations, and the bytes
/// that it must move.
///
/// The time of an operation in the forward pass begins where the one before it ends, so that the times add up to that of
/// the pass, bookkeeping of the tape included.
package final class OperationTimes: TapeRecorder {
    /// The sums of one operation in one direction over all its executions.
    package struct Sums {
        /// The operation's name and its place in the model.
        package let name: String
        package let place: String
        package let isBackward: Bool
        /// The times of the steps so far, in nanoseconds.
        package var nanoseconds: [UInt64] = []
        /// The floating-point operations of matrix products.
        package var operations = 0.0
        /// The bytes that are read and written at least.
        package var byteCount = 0.0
        /// The executions; several in a step that has several shards.
        package var executions = 0

        package init(
            name: String, place: String, isBackward: Bool, nanoseconds: [UInt64] = [], operations: Double = 0,
            byteCount: Double = 0, executions: Int = 0
        ) {
            self.name = name
            self.place = place
            self.isBackward = isBackward
            self.nanoseconds = nanoseconds
            self.operations = operations
            self.byteCount = byteCount
            self.executions = executions
        }
    }

    private struct Node {
        let byteCount: Int
        let gradientByteCount: Int
        let storage: ObjectIdentifier
        let layer: String
        /// For the result of an operation.
        var operation: Recorded?
    }

    private struct Recorded {
        let inputs: [Int]
        let readsWholeInputs: Bool
        /// The number of its backward pass among the sums.
        let backward: Int
    }

    /// The operations in the order of the pass, forward and backward of each.
    package private(set) var sums: [Sums] = []
    /// For each position of a pass, the numbers of its sums. All passes have the same operations.
    private var places: [Int: (forward: Int, backward: Int)] = [:]
    private var nodes: [Int: Node] = [:]
    private let timeline: StepTimeline
    private var mark: (nanoseconds: UInt64, operations: Double) = (0, 0)
    private var steps = 0
    private var layerBefore = ""

    /// - Parameter timeline: that of the steps; the time in other phases than forward and backward is left out.
    package init(timeline: StepTimeline) { self.timeline = timeline }

    /// Begins a step.
    package func beginStep() {
        steps += 1
        for index in sums.indices { sums[index].nanoseconds.append(0) }
    }

    package func begin() {
        nodes.removeAll(keepingCapacity: true)
        layerBefore = ""
        remember()
    }

    package func leaf(_ variable: Variable) {
        let count = variable.shape.elementCount
        nodes[variable.index] = Node(
            byteCount: variable.value.byteCount,
            gradientByteCount: variable.parameter == nil ? variable.value.byteCount : count * 4,
            storage: ObjectIdentifier(variable.value.storage), layer: variable.parameter?.layer ?? "")
        // Waiting for the parameter's update belongs to no operation.
        remember()
    }

    package func operation(_ operation: any DifferentiableOperation, inputs: [Int], output: Variable) {
        let time = elapsed()
        let sources = inputs.compactMap { nodes[$0] }
        let storage = ObjectIdentifier(output.value.storage)
        let own = sources.map(\.layer).first { !$0.isEmpty }
        if let own { layerBefore = own }
        let (forward, backward) = places(of: output.index, operation, own)
        // A view moves nothing.
        let isView = sources.contains { $0.storage == storage }
        let written = output.value.byteCount
        let read = sources.reduce(0) {
            $0 + (operation.readsWholeInputs ? $1.byteCount : min($1.byteCount, written))
        }
        add(time, to: forward, byteCount: isView ? 0 : read + written)
        nodes[output.index] = Node(
            byteCount: written, gradientByteCount: written, storage: storage, layer: "",
            operation: Recorded(
                inputs: inputs, readsWholeInputs: operation.readsWholeInputs, backward: backward))
        remember()
    }

    package func copy(_ copy: Tensor, of original: Tensor) {}

    package func beginBackward() { remember() }

    package func endBackward(_ node: Int, written: [Int]) {
        let time = elapsed()
        // With activation checkpointing operations of the forward pass may follow: they then count a second time.
        defer { remember() }
        guard let output = nodes[node], let recorded = output.operation else { return }
        // Products read both factors again; what other operations keep for backward is not counted.
        let factors =
            time.operations > 0 ? recorded.inputs.reduce(0) { $0 + (nodes[$1]?.byteCount ?? 0) } : 0
        let gradients = written.reduce(0) { sum, input in
            let whole = nodes[input]?.gradientByteCount ?? 0
            return sum + (recorded.readsWholeInputs ? whole : min(whole, output.gradientByteCount))
        }
        add(
            time, to: recorded.backward,
            byteCount: written.isEmpty ? 0 : output.gradientByteCount + gradients + factors)
    }

    private func remember() { mark = (timeline.computeNanosecondsNow, OperationMeter.executed) }

    private func elapsed() -> (nanoseconds: UInt64, operations: Double) {
        (timeline.computeNanosecondsNow - mark.nanoseconds, OperationMeter.executed - mark.operations)
    }

    private func add(_ time: (nanoseconds: UInt64, operations: Double), to index: Int, byteCount: Int) {
        sums[index].nanoseconds[steps - 1] += time.nanoseconds
        sums[index].operations += time.operations
        sums[index].byteCount += Double(byteCount)
        sums[index].executions += 1
    }

    private func places(
        of node: Int, _ operation: any DifferentiableOperation, _ layer: String?
    ) -> (forward: Int, backward: Int) {
        if let known = places[node] { return known }
        var name = String(describing: type(of: operation))
        if name.hasSuffix("Operation") { name.removeLast("Operation".count) }
        let place = layer ?? (layerBefore.isEmpty ? "" : "after " + layerBefore)
        for isBackward in [false, true] {
            sums.append(
                Sums(
                    name: name, place: place, isBackward: isBackward,
                    nanoseconds: Array(repeating: 0, count: steps)))
        }
        let made = (sums.count - 2, sums.count - 1)
        places[node] = made
        return made
    }
}
