import LockstepTensors

/// The samples of one shard, or of one block of an evaluation: a tensor for each field.
///
/// The memory is reused: tensors are valid until the batch is released, or the next block is asked for.
public final class FieldTensors {
    /// The fields.
    public let schema: BatchSchema
    /// The number of samples.
    public internal(set) var count = 0
    /// The numbers of the samples in their split, of an evaluated block: `first ..< first + count`.
    public internal(set) var first = 0
    /// For each field [count, shape...]; of a varying field [count, longest, rest of shape...], padded with zeros.
    public internal(set) var tensors: ContiguousArray<Tensor> = []
    /// For each varying field int32 [count]; nil for others.
    public internal(set) var lengths: ContiguousArray<Tensor?> = []

    init(_ schema: BatchSchema) { self.schema = schema }

    /// Samples of zeros; those of varying fields have their largest length.
    package convenience init(zeros schema: BatchSchema, count: Int) {
        self.init(schema)
        self.count = count
        for field in schema.fields {
            tensors.append(Tensor(zeros: field.shape.prepending(count), dtype: field.type.dtype))
            lengths.append(
                field.isVarying
                    ? Tensor([Int32](repeating: Int32(field.shape[0]), count: count), shape: Shape(count)) : nil)
        }
    }

    /// The tensor of a field.
    public subscript(_ field: Int) -> Tensor { tensors[field] }
}
