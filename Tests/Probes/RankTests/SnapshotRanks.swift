import Foundation
import LockstepCollectives
import LockstepDataParallel

extension RankTests {
    /// `snapshot SHARDS allowed|refused [HOSTS [sharded|sgd-K]]`: copies the state twice, with steps before and after. The copy must be
    /// what the state was, and must not change with it. The first rank prints a checksum of each copy: the text must be the same
    /// for any number of ranks.
    static func snapshot(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        let isFirst = communicator.rank == 0
        // Where hosts have parts of moments, no rank sees all of them but in the copy.
        let isWhole = arguments.count <= 3 || arguments[3] != "sharded"
        var text = ""
        for _ in 0..<2 {
            for _ in 0..<3 { _ = try toy.step() }
            try toy.dataParallel.collectState()
            try toy.dataParallel.requireEqualParameters()
            let copy = isFirst ? bytes(toy.dataParallel.copiedState) : []
            if isFirst {
                let model = toy.dataParallel.modelState
                let live = bytes((model, isWhole ? toy.dataParallel.optimizerState : []))
                try require(copy.starts(with: live) && live.count > 40_000, "the copy is not the state")
                try require(isWhole == (copy.count == live.count), "the copy has \(copy.count) bytes")
            }
            for _ in 0..<2 { _ = try toy.step() }
            if isFirst {
                try require(bytes(toy.dataParallel.copiedState) == copy, "the copy changed with the state")
                let hash = copy.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
                    ($0 ^ UInt64($1)) &* 0x100_0000_01B3
                }
                text += "\(hash)\n"
            }
        }
        FileHandle.standardOutput.write(Data(text.utf8))
        // What the last steps have sent still arrives.
        try toy.dataParallel.synchronize()
        try communicator.finalize()
    }

    private static func bytes(_ state: (model: [StateTensor], optimizer: [StateTensor])) -> [UInt8] {
        (state.model + state.optimizer).flatMap {
            Array(UnsafeRawBufferPointer(start: $0.address, count: $0.byteCount))
        }
    }
}
