import Foundation
import LockstepProcess
import Synchronization
import Testing

@Suite struct WorkerThreadTests {
    @Test func runsWithItsName() throws {
        let name = Mutex("")
        let done = DispatchSemaphore(value: 0)
        try WorkerThread.start("a thread with a long name") {
            let comm = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            name.withLock { $0 = comm ?? "" }
            done.signal()
        }
        done.wait()
        #expect(name.withLock { $0 } == "a thread with a\n")
    }

    @Test func saysWhichThreadAndWhatToDo() {
        let text = ThreadError(name: "loader", code: EAGAIN).description
        #expect(text.contains("the loader: Resource temporarily unavailable"))
        #expect(text.contains("ulimit -u") && text.contains("pids.max") && text.contains("fewer ranks"))
    }

    @Test func holdsSoManyAtOnce() throws {
        // By their name: threads of other tests come and go meanwhile.
        func count() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
                (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8))
                    == "held here\n"
            }
        }
        let held = try HeldThreads(20, for: "held here")
        // Each gives itself its name when it begins.
        for _ in 0..<500 where try count() < 20 { usleep(10_000) }
        #expect(try count() == 20)
        held.release()
        try HeldThreads(0, for: "test").release()
    }
}
