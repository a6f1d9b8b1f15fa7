import Foundation
import LockstepProcess
import Synchronization

/// Runs a program to its end and collects its output.
enum Subprocess {
    /// The output of a finished program.
    struct Output: Sendable {
        var status: Int32
        var text: String
        var errors: String
        /// The time of the first output, in seconds since 1970.
        var firstOutput: Double?
    }

    /// - Parameters:
    ///   - words: the program, looked up on the path, and its arguments.
    ///   - seconds: the time limit, after which it is ended with status 124.
    static func run(_ words: [String], seconds: Int) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", String(seconds)] + words
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let collected = Mutex(Data())
        let reader = DispatchSemaphore(value: 0)
        let errorHandle = errors.fileHandleForReading
        try WorkerThread.start("output of a program") {
            let data = errorHandle.readDataToEndOfFile()
            collected.withLock { $0 = data }
            reader.signal()
        }
        do {
            try process.run()
        } catch {
            // The thread reads to the end of the pipe.
            try? errors.fileHandleForWriting.close()
            throw error
        }
        var data = Data()
        var first: Double?
        while true {
            let piece = output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            if first == nil { first = Date().timeIntervalSince1970 }
            data += piece
        }
        reader.wait()
        process.waitUntilExit()
        return Output(
            status: process.terminationStatus, text: String(decoding: data, as: UTF8.self),
            errors: collected.withLock { String(decoding: $0, as: UTF8.self) }, firstOutput: first)
    }
}
