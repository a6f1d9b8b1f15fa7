import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepOptimizers
import LockstepTensors
import Testing

/// A rank that is measured without the others does its own part of an update, not theirs.
@Suite struct RankAloneTests {
    /// Which of three chunks of 4,096 parameters a step changes.
    private func changed(_ share: Communicator.Share) throws -> [Bool] {
        let store = ParameterStore()
        let parameter = store.root.parameter("w", shape: Shape(3 * 4096), role: .weight) { place, shape, _ in
            place.update(repeating: 1, count: shape.elementCount)
        }
        let dataParallel = try DataParallel(
            communicator: .alone(share: share), store: store,
            phases: [UpdatePhase(optimizer: SGD.Configuration(learningRate: 1).make())],
            configuration: .init(shards: 1))
        try dataParallel.initialize(seed: 1)
        let outcome = try dataParallel.step(learningRate: 1) { task in
            task.gradients.update(repeating: 0.5, count: store.flatCount)
            return ShardRecord(lossSum: 1, weight: 1, samples: 1)
        }
        #expect(outcome.isApplied)
        return (0..<3).map { chunk in
            let values = UnsafeBufferPointer(start: parameter.value.floats + chunk * 4096, count: 4096)
            let isChanged = values[0] != 1
            #expect(values.allSatisfy { ($0 != 1) == isChanged })
            return isChanged
        }
    }

    @Test func aShareOfTheParametersIsUpdated() throws {
        #expect(try changed(.init(number: 0, of: 1)) == [true, true, true])
        #expect(try changed(.init(number: 0, of: 3)) == [true, false, false])
        #expect(try changed(.init(number: 1, of: 3)) == [false, true, false])
        #expect(try changed(.init(number: 2, of: 3)) == [false, false, true])
    }
}
