internal import COneDNN
import LockstepContracts

/// The owner of a oneDNN primitive, created once for given shapes and executed with changing pointers.
///
/// ```swift
/// let forward = DNNPrimitive("relu forward") {
///     lockstep_dnn_eltwise_forward_create($0, LOCKSTEP_DNN_ELTWISE_RELU, 0, 0, Int64(count))
/// }
/// forward.execute { lockstep_dnn_eltwise_forward_execute($0, x.floats, y.floats) }
/// ```
///
/// Creating one compiles machine code unless oneDNN has cached it; executing it does not allocate outside
/// oneDNN. Extents must be positive: an operation on an empty shard does not create or execute one.
final class DNNPrimitive {
    private let handle: OpaquePointer
    private let name: StaticString

    /// Creates a primitive. Traps with the operation's name and oneDNN's status if oneDNN refuses.
    init(
        _ name: StaticString,
        _ create: (UnsafeMutablePointer<OpaquePointer?>) -> lockstep_dnn_status
    ) {
        var made: OpaquePointer?
        checkDNN(create(&made), name, "to be made")
        guard let made else { brokenContract("\(name): oneDNN made no primitive") }
        handle = made
        self.name = name
    }

    deinit { lockstep_dnn_destroy(handle) }

    /// Executes the primitive; `body` calls its `execute` function. Traps if oneDNN reports a failure.
    @inline(__always)
    func execute(_ body: (OpaquePointer) -> lockstep_dnn_status) {
        checkDNN(body(handle), name, "to be executed")
    }

    /// Reads a property of the primitive.
    func query<Answer>(_ body: (OpaquePointer) -> Answer) -> Answer { body(handle) }

    /// The size of the scratchpad that the primitive owns or requires, in bytes.
    var scratchpadByteCount: Int { lockstep_dnn_scratchpad_bytes(handle) }

    /// oneDNN's name of the implementation that it chose.
    var implementation: String { String(cString: lockstep_dnn_implementation(handle)) }
}

/// Traps on an error status of oneDNN, with the operation and the action.
@inline(__always)
func checkDNN(_ status: lockstep_dnn_status, _ operation: StaticString, _ action: StaticString) {
    if status != 0 { failDNN(status, operation, action) }
}

@inline(never)
private func failDNN(
    _ status: lockstep_dnn_status, _ operation: StaticString, _ action: StaticString
) -> Never {
    let reason = String(cString: lockstep_dnn_status_text(status))
    brokenContract("\(operation): oneDNN refused \(action): \(reason) (\(status))")
}
