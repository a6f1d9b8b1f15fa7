internal import CKernels
import Glibc

/// Threads that report a failed start. (Foundation's `Thread` never runs in that case, and reports no error.)
public enum WorkerThread {
    /// Runs `body` on a new thread.
    /// - Parameter name: the purpose, shown by the system and in errors.
    /// - Throws: `ThreadError` when the system refuses it.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        let work = Unmanaged.passRetained(Work(name: name, body: body))
        var thread = pthread_t()
        let status = pthread_create(&thread, &attributes, run, work.toOpaque())
        guard status == 0 else {
            work.release()
            throw ThreadError(name: name, code: status)
        }
    }

    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        argument in
        guard let argument else { return nil }
        let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
        lockstep_name_thread(work.name)
        work.body()
        return nil
    }
}
