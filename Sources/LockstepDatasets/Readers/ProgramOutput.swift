import Foundation

/// What a program writes to its standard output, as if it were a file.
enum ProgramOutput {
    /// Runs a program to its end with nothing on its standard input.
    /// - Parameter advice: how to install it.
    static func read(
        _ program: String, arguments: [String], advice: String
    ) throws(DatasetError) -> MemoryBlock {
        guard access(program, F_OK) == 0 else {
            throw DatasetError(.missing, program, "there is no such program", advice: advice)
        }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let bytes: Data
        do {
            try process.run()
            bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw DatasetError(
                .unreadable, program, "cannot be run: \(error.localizedDescription)", advice: advice)
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw DatasetError(
                .unreadable, program,
                "\(([program] + arguments).joined(separator: " ")) ended with status \(process.terminationStatus)",
                advice: advice)
        }
        return MemoryBlock(copying: ContiguousArray(bytes))
    }
}
