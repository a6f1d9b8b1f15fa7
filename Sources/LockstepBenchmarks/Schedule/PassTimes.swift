import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepTimeline

/// Records when the passes of a step read parameters and finish gradients.
final class PassTimes: PassObserver {
    private let clock: () -> UInt64
    private var start: UInt64 = 0
    private var turn: UInt64 = 0
    private var end: UInt64 = 0
    private var reads: [Int: Double] = [:]
    private var finishes: [Int: Double] = [:]

    init(clock: @escaping () -> UInt64) { self.clock = clock }

    /// Starts the forward pass of a step.
    func begin() {
        reads.removeAll(keepingCapacity: true)
        finishes.removeAll(keepingCapacity: true)
        start = clock()
        (turn, end) = (start, start)
    }

    func wait(for parameter: Parameter) throws {
        if reads[parameter.index] == nil { reads[parameter.index] = seconds(since: start) }
    }

    /// The backward pass begins.
    func waitForAll() throws { turn = clock() }

    func finish(_ parameter: Parameter) {
        end = clock()
        finishes[parameter.index] = seconds(since: turn)
    }

    /// The profile of the step that has just ended.
    /// - Parameters:
    ///   - parameters: the parameters; only those of the first phase count.
    ///   - step: the time of the step.
    ///   - operations: the floating-point operations of its matrix products.
    ///   - rowByteCount: the bytes of the rows of sparse tables that it has used.
    func profile(
        _ parameters: some Sequence<Parameter>, step: Double, operations: Double, rowByteCount: Int
    ) -> StepProfile {
        func entries(_ times: [Int: Double]) -> [(range: Range<Int>, seconds: Double)] {
            parameters.filter { $0.phase == 0 }.compactMap { parameter in
                times[parameter.index].map {
                    (parameter.offset..<parameter.offset + parameter.elementCount, $0)
                }
            }
        }
        let (forward, backward) = (Double(turn - start) * 1e-9, Double(end - turn) * 1e-9)
        return StepProfile(
            forward: forward, backward: backward, rest: max(0, step - forward - backward),
            operations: operations, rowByteCount: rowByteCount, reads: entries(reads),
            finishes: entries(finishes))
    }

    private func seconds(since begin: UInt64) -> Double { Double(clock() - begin) * 1e-9 }
}
