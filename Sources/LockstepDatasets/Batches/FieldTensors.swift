import LockstepTensors

/// The samples of one shard, or of one block of an evaluation: a tensor for each field.
///
/// The memory is reused: tensors are valid until the batch is released, or until the next block is read.
public final class FieldTensors {
    /// The fields.
    public let schema: BatchSchema
    /// The number of samples.
    public internal(set) var count = 0
    /// The number of an evaluated block's first sample in its split; the samples are `first ..< first + count`.
    public internal(set) var first = 0
    /// The tensor of each field [count, shape...]; of a varying field [count, longest, rest of shape...], padded with zeros.
    public internal(set) var tensors: ContiguousArray<Tensor>
    /// The lengths of each varying field, int32 [count]; nil for other fields.
    public internal(set) var lengths: ContiguousArray<Tensor?>

    init(_ schema: BatchSchema) {
        self.schema = schema
        tensors = ContiguousArray(
            schema.fields.map { Tensor(zeros: $0.shape.prepending(0), dtype: $0.type.dtype) })
        lengths = ContiguousArray(
            schema.fields.map { $0.isVarying ? Tensor(zeros: Shape(0), dtype: .int32) : nil })
    }

    /// Samples of zeros; varying fields have their maximum length.
    package convenience init(zeros schema: BatchSchema, count: Int) {
        self.init(schema)
        self.count = count
        for (index, field) in schema.fields.enumerated() {
            tensors[index] = Tensor(zeros: field.shape.prepending(count), dtype: field.type.dtype)
            guard field.isVarying else { continue }
            lengths[index] = Tensor(
                [Int32](repeating: Int32(field.shape[0]), count: count), shape: Shape(count))
        }
    }

    /// The tensor of a field.
    public subscript(_ field: Int) -> Tensor { tensors[field] }
}
