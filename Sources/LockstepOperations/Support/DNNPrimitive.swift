internal import COneDNN
import LockstepContracts

/// The owner of a oneDNN primitive: made once for given shapes, executed with changing pointers.
///
/// ```swift
/// let forward = DNNPrimitive("relu forward") {
///     lockstep_dnn_eltwise_forward_create($0, LOCKSTEP_DNN_ELTWISE_RELU, 0, 0, Int64(count))
/// }
/// forward.execute { lockstep_dnn_eltwise_forward_execute($0, x.floats, y.floats) }
/// ```
///
/// Making one compiles machine code unless oneDNN still has it; executing it allocates nothing outside oneDNN.
/// Extents have to be positive: an operation on an empty shard does not make or execute one.
final class DNNPrimitive {
    private let handle: OpaquePointer
    private let name: StaticString

    /// Makes a primitive. Traps with the operation's name and oneDNN's status when oneDNN refuses it.
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

    /// Executes the primitive; `body` calls its `execute` function. Traps when oneDNN reports a failure.
    @inline(__always)
    func execute(_ body: (OpaquePointer) -> lockstep_dnn_status) {
        checkDNN(body(handle), name, "to be executed")
    }

    /// Reads something of the primitive.
    func query<Answer>(_ body: (OpaquePointer) -> Answer) -> Answer { body(handle) }

    /// The size of the scratchpad that the primitive owns or asks for, in bytes.
    var scratchpadByteCount: Int { lockstep_dnn_scratchpad_bytes(handle) }

    /// oneDNN's name of the implementation that it chose.
    var implementation: String { String(cString: lockstep_dnn_implementation(handle)) }
}

/// Traps when a status of oneDNN is not success, with the operation and what it was about.
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
