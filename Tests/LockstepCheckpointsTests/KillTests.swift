import Foundation
import TestSupport
import Testing

/// A process that is killed at any system call of its background writer leaves a complete checkpoint: the new one, or the one before.
@Suite(.serialized) struct KillTests {
    private let program = MPIRun.productsDirectory.appendingPathComponent("CheckpointProbe").path

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        )
    }

    private func newest(_ directory: String) throws -> String {
        try run([program, "newest", directory]).output
    }

    @Test(arguments: [
        "write", "openat", "mkdir", "rename", "fsync", "sync_file_range", "symlink", "unlink", "rmdir",
        "close",
    ]) func atEveryCallOf(_ call: String) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else { return }
        var kills = 0
        for number in 1...200 {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("kill-\(UUID())")
                .path
            defer { try? FileManager.default.removeItem(atPath: directory) }
            #expect(try run([program, "write", directory, "200"]).status == 0)
            let killed = try run(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e"]
                    + ["inject=\(call):signal=KILL:when=\(number)"] + paths(directory)
                    + [program, "write", directory, "300"])
            let found = try newest(directory)
            #expect(found == "200" || found == "300", "\(call) \(number): newest is \(found)")
            // What has a checkpoint's name is one.
            for name in try FileManager.default.contentsOfDirectory(atPath: directory)
            where !name.hasPrefix(".") {
                #expect(
                    FileManager.default.fileExists(atPath: "\(directory)/\(name)/manifest.json"),
                    "\(call) \(number): \(name)")
            }
            #expect(try run([program, "write", directory, "300"]).status == 0, "\(call) \(number)")
            #expect(try newest(directory) == "300")
            let entries = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(!entries.contains { $0.hasPrefix(".") }, "\(call) \(number): \(entries)")
            if killed.status == 0 { break }
            kills += 1
        }
        #expect(kills > 0, "\(call) never happened")
    }

    /// A start that is killed while it puts a folder in order leaves nothing that the next one does not remove.
    @Test(arguments: ["mkdir", "openat", "write", "rename", "rmdir", "unlink", "symlink"])
    func startsAtEveryCallOf(_ call: String) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else { return }
        let files = FileManager.default
        let directory = files.temporaryDirectory.appendingPathComponent("start-\(UUID())").path
        defer { try? files.removeItem(atPath: directory) }
        let names = [
            ".probe", ".removed-probe", ".probe-latest", ".latest", "latest", ".step-00000400.partial",
        ]
        let watched =
            ([directory] + names.map { "\(directory)/\($0)" }
            + ["\(directory)/.probe/state.json", "\(directory)/.removed-probe/state.json"]).flatMap {
                ["-P", $0]
            }
        #expect(try run([program, "write", directory, "300"]).status == 0)
        var kills = 0
        for number in 1...100 {
            // As a writer that was killed leaves it.
            let partial = directory + "/.step-00000400.partial"
            if !files.fileExists(atPath: partial) {
                try files.copyItem(atPath: directory + "/step-00000300", toPath: partial)
                try files.removeItem(atPath: partial + "/manifest.json")
            }
            unlink(directory + "/latest")
            try files.createSymbolicLink(
                atPath: directory + "/latest", withDestinationPath: "step-00000200")
            let killed = try run(
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e"]
                    + ["inject=\(call):signal=KILL:when=\(number)"] + watched + [program, "start", directory])
            #expect(try newest(directory) == "300", "\(call) \(number)")
            #expect(try run([program, "start", directory]).status == 0, "\(call) \(number)")
            let left = try files.contentsOfDirectory(atPath: directory).sorted()
            #expect(left == ["latest", "step-00000300"], "\(call) \(number): \(left)")
            #expect(
                try files.destinationOfSymbolicLink(atPath: directory + "/latest") == "step-00000300",
                "\(call) \(number)")
            if killed.status == 0 { break }
            kills += 1
        }
        #expect(kills > 0, "\(call) never happened")
    }

    /// A machine without power keeps only what has been fsync'ed: the files and their directory before it is renamed, and the directory
    /// above after each change. No test can take the power away, but the calls and their order can be seen.
    @Test func everythingIsOnTheDiskInTime() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") else { return }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("order-\(UUID())").path
        let trace = directory + ".trace"
        defer {
            try? FileManager.default.removeItem(atPath: directory)
            try? FileManager.default.removeItem(atPath: trace)
        }
        #expect(try run([program, "write", directory, "200"]).status == 0)
        let status = try run(
            ["strace", "-f", "-qq", "-y", "-o", trace, "-e", "trace=fsync,rename"] + paths(directory)
                + [program, "write", directory, "300"]
        ).status
        #expect(status == 0)
        let real = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
        let calls = try String(contentsOfFile: trace, encoding: .utf8)
            .replacing(real, with: "").replacing(#/\(\d+</#, with: "(<").split(separator: "\n").map(
                String.init)
        let partial = "/.step-00000300.partial"
        let order = [
            "fsync(<\(partial)/model.safetensors>", "fsync(<\(partial)/optimizer.safetensors>",
            "fsync(<\(partial)/state.json>", "fsync(<\(partial)/manifest.json>", "fsync(<\(partial)>",
            "rename(\"\(partial)\", \"/step-00000300\")", "fsync(<>", "rename(\"/.latest\", \"/latest\")",
            "fsync(<>",
            "rename(\"/step-00000200\"",
        ]
        var next = 0
        for call in calls where next < order.count && call.contains(order[next]) { next += 1 }
        #expect(next == order.count, "what follows call \(next) is missing: \(calls.joined(separator: "\n"))")
    }

    /// Only calls that touch these are counted: those of the writer's thread, whatever the process does besides.
    private func paths(_ directory: String) -> [String] {
        let partial = directory + "/.step-00000300.partial"
        let removed = directory + "/.removed-step-00000200"
        return
            ([directory, partial, removed, directory + "/.latest", directory + "/latest"]
            + ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"].flatMap {
                ["\(partial)/\($0)", "\(removed)/\($0)"]
            } + [directory + "/step-00000300", directory + "/step-00000200"]).flatMap { ["-P", $0] }
    }
}
