import LockstepCheckpoints
import LockstepDatasets

extension StateSections {
    /// The section with what the training split decided about all samples.
    package static let dataConstants = "data"
    /// The section with the bytes that the training part of a text contains.
    package static let trainingBytes = "bytes"

    /// What the training split decided; nil in the state of a text and of older checkpoints.
    package func dataConstants() throws -> DataConstants? {
        has(Self.dataConstants) ? try get(Self.dataConstants, as: DataConstants.self) : nil
    }

    /// The bytes that the training part of a text contains, ascending; empty if the state does not say.
    package func trainingBytes() throws -> [UInt8] {
        has(Self.trainingBytes) ? try get(Self.trainingBytes, as: [UInt8].self) : []
    }
}
