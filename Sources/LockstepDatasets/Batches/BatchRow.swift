import LockstepContracts

/// The row of one sample in a batch, into which a data set writes.
///
/// All memory of a row must be written, since it holds the numbers of earlier batches. A varying field needs `setLength`, and
/// only the first `length` entries of its first dimension are written; the batch is padded with zeros.
public struct BatchRow {
    let memory: BatchMemory
    let row: Int

    /// The sample's numbers of a float32 field, row-major.
    public func floats(_ field: Int) -> UnsafeMutablePointer<Float> {
        check(field, .float32)
        return memory.address(field, row: row).assumingMemoryBound(to: Float.self)
    }

    /// The sample's numbers of an int32 field, row-major.
    public func int32s(_ field: Int) -> UnsafeMutablePointer<Int32> {
        check(field, .int32)
        return memory.address(field, row: row).assumingMemoryBound(to: Int32.self)
    }

    /// The sample's numbers of a uint8 field, row-major.
    public func bytes(_ field: Int) -> UnsafeMutablePointer<UInt8> {
        check(field, .uint8)
        return memory.address(field, row: row).assumingMemoryBound(to: UInt8.self)
    }

    /// Sets the length of a varying field: 1 ... the first extent of its shape.
    public func setLength(_ length: Int, of field: Int) {
        let largest = memory.schema.fields[field].shape[0]
        contract(
            length >= 1 && length <= largest,
            "BatchRow: the length \(length) of field '\(memory.schema.fields[field].name)' is not in 1...\(largest)"
        )
        memory.lengths(of: field)[row] = Int32(length)
    }

    private func check(_ field: Int, _ type: BatchField.Element) {
        contract(
            memory.schema.fields[field].type == type,
            "BatchRow: field '\(memory.schema.fields[field].name)' is \(memory.schema.fields[field].type.rawValue), not \(type.rawValue)"
        )
    }
}
