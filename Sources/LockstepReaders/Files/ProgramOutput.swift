import Foundation

/// The standard output of a program, as if it were a file.
package enum ProgramOutput {
    /// Runs a program to its end with an empty standard input. Its standard error becomes part of the
    /// error message if it fails, and is discarded otherwise.
    /// - Parameter advice: how to install it.
    package static func read(
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
        // A file takes any amount of output; a pipe would have to be read meanwhile.
        let complaints = tmpfile()
        defer { if let complaints { fclose(complaints) } }
        process.standardError =
            complaints.map { FileHandle(fileDescriptor: fileno($0), closeOnDealloc: false) } ?? .nullDevice
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
            let end = process.terminationReason == .exit ? "status" : "signal"
            throw DatasetError(
                .unreadable, program,
                "\(([program] + arguments).joined(separator: " ")) ended with \(end) \(process.terminationStatus)"
                    + said(complaints),
                advice: advice)
        }
        return MemoryBlock(copying: ContiguousArray(bytes))
    }

    /// The last lines of what a program wrote to a file, for the end of a message.
    private static func said(_ file: UnsafeMutablePointer<FILE>?) -> String {
        guard let file else { return "" }
        var bytes = [UInt8](repeating: 0, count: 500)
        fseek(file, 0, SEEK_END)
        fseek(file, max(0, ftell(file) - bytes.count), SEEK_SET)
        let count = fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.isEmpty
            ? " and wrote no error message" : " and said: " + lines.suffix(3).joined(separator: " / ")
    }
}
