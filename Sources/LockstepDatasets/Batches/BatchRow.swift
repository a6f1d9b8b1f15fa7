import LockstepContracts

/// The place of one sample in a batch: what a data set writes into.
///
/// All memory of a row must be written: it holds the numbers of earlier batches. Of a varying field, `setLength` comes
/// first, and only the first `length` elements of the first dimension are written.
public struct BatchRow {
    let schema: BatchSchema
    let addresses: UnsafePointer<UnsafeMutableRawPointer>
    let lengths: UnsafeMutablePointer<Int32>
    let row: Int

    /// The sample's numbers of a float32 field, row-major.
    public func floats(_ field: Int) -> UnsafeMutablePointer<Float> {
        check(field, .float32)
        return address(field).assumingMemoryBound(to: Float.self)
    }

    /// The sample's numbers of an int32 field, row-major.
    public func int32s(_ field: Int) -> UnsafeMutablePointer<Int32> {
        check(field, .int32)
        return address(field).assumingMemoryBound(to: Int32.self)
    }

    /// The sample's numbers of a uint8 field, row-major.
    public func bytes(_ field: Int) -> UnsafeMutablePointer<UInt8> {
        check(field, .uint8)
        return address(field).assumingMemoryBound(to: UInt8.self)
    }

    /// Sets the length of a varying field: 1 ... the first extent of its shape.
    public func setLength(_ length: Int, of field: Int) {
        let entry = schema.fields[field]
        contract(
            entry.isVarying && length >= 1 && length <= entry.shape[0],
            "BatchRow: the length \(length) of field '\(entry.name)' \(entry.shape)")
        lengths[field] = Int32(length)
    }

    private func address(_ field: Int) -> UnsafeMutableRawPointer {
        addresses[field] + row * schema.fields[field].byteCount
    }

    private func check(_ field: Int, _ type: BatchField.Element) {
        contract(
            schema.fields[field].type == type,
            "BatchRow: field '\(schema.fields[field].name)' is \(schema.fields[field].type.rawValue), not \(type.rawValue)"
        )
    }
}
