import Foundation
import LockstepProcess
import Testing

@Suite struct StandardStreamTests {
    private func write(_ text: String, to descriptor: Int32) -> Int32 {
        Array(text.utf8).withUnsafeBytes { StandardStream.write($0, to: descriptor) }
    }

    @Test func reportsTheSystemsError() {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        #expect(write("x", to: full) == ENOSPC && write("", to: full) == 0)
        #expect(write("x", to: -1) == EBADF)
    }

    /// The accompanying signal does not end the process: this one continues.
    @Test func aReaderThatHasGoneIsAnError() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        #expect(write("x", to: ends[1]) == EPIPE)
    }

    /// A pipe that another process has made non-blocking is written completely.
    @Test func waitsForASlowReader() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        for end in ends { #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
        let (reading, writing) = (ends[0], ends[1])
        let done = DispatchSemaphore(value: 0)
        try WorkerThread.start("reader") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(reading, &buffer, buffer.count)
                if count == 0 { break }
                if count < 0 { usleep(1000) }
            }
            done.signal()
        }
        #expect(write(String(repeating: "x", count: 1 << 20), to: writing) == 0)
        close(writing)
        done.wait()
        close(reading)
    }

    @Test func errorsSayWhatAndWhy() {
        #expect(
            StreamError(stream: .output, code: ENOSPC).description
                == "The standard output cannot be written: No space left on device.")
        #expect(StreamError(stream: .errors, code: EPIPE).description.isEmpty)
    }
}
