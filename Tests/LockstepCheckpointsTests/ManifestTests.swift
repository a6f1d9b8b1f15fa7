import Foundation
import LockstepCheckpoints
import Testing

/// What a checkpoint says of itself is checked before it is used.
@Suite struct ManifestTests {
    private func manifest(_ test: TestStore) -> URL {
        URL(fileURLWithPath: test.store.path(30) + "/manifest.json")
    }

    private func error(_ test: TestStore) -> CheckpointError? {
        do throws(CheckpointError) {
            _ = try Checkpoint(verifying: test.store.path(30))
            return nil
        } catch {
            return error
        }
    }

    /// Every bit of the manifest counts, but for blanks between its words.
    @Test func everyFlippedBitIsNoticed() throws {
        let test = try TestStore()
        try test.write(30)
        let whole = try Data(contentsOf: manifest(test))
        let original = try Checkpoint(verifying: test.store.path(30)).manifest
        for index in whole.indices {
            // One bit of every byte, and the one between capital and small letters, and between digits and
            // control characters.
            for bit in Set([index % 8, 5]) {
                var data = whole
                data[index] ^= 1 << UInt8(bit)
                try data.write(to: manifest(test))
                let found = try? Checkpoint(verifying: test.store.path(30)).manifest
                #expect(found == nil || found == original, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test func olderManifestsHaveNoChecksum() throws {
        let test = try TestStore()
        try test.write(30)
        let text = try String(contentsOf: manifest(test), encoding: .utf8)
        let older = text.replacing(#/\{\n  "crc32" : \d+,\n/#, with: "{\n")
        #expect(older != text)
        try Data(older.utf8).write(to: manifest(test))
        #expect(error(test) == nil)
    }

    @Test(arguments: [
        ("\"step\" : 30", "\"step\" : 31"), ("\"step\" : 30", "\"step\" : -30"),
        ("\"step\" : 30", "\"step\" : 3e1"),
        ("\"step\" : 30", "\"step\" : 30.0"), ("\"step\" : 30", "\"step\" : 18446744073709551646"),
        ("\"step\" : 30", "\"step\" : 30, \"step\" : 30"), ("\"format\" : 1", "\"format\" : 2"),
        ("\"format\" : 1,", ""), ("\"state.json\"", "\"../step-00000010/state.json\""),
        ("\"state.json\"", "\"/etc/hostname\""), ("\"state.json\"", "\"state.json\\u0000\""),
        ("\"state.json\"", "\"./state.json\""), ("\"state.json\"", "\"model.safetensors\""),
        ("\"state.json\"", "\"\\u001b]0;owned\\u0007\""), ("\"bytes\" : ", "\"bytes\" : -"),
        ("\"bytes\" : ", "\"bytes\" : 9999999999999999999"), ("\"crc32\" : ", "\"crc32\" : 4294967296"),
        ("\"lockstep\" : \"test\"", "\"lockstep\" : \"other\""),
        ("\"lockstep\" : \"test\"", "\"lockstep\" : 1"),
        ("\"versions\"", "\"version\""), ("}\n", "}\n{}"), ("{", "[{"),
    ]) func whatNoManifestSaysIsRefused(_ old: String, _ new: String) throws {
        let test = try TestStore()
        try test.write(10)
        try test.write(30)
        let text = try String(contentsOf: manifest(test), encoding: .utf8)
        // With and without a checksum of its own: the form is checked by itself.
        for text in [text, text.replacing(#/\{\n  "crc32" : \d+,\n/#, with: "{\n")] {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text)
            try Data(changed.utf8).write(to: manifest(test))
            // An older manifest may say any versions.
            if !text.contains("{\n  \"crc32\""), new.contains("other") { continue }
            guard case .damaged(let path, let reason) = error(test) else {
                Issue.record("\(error(test) as Any)")
                continue
            }
            #expect(path == manifest(test).path && !reason.contains("\u{1b}"), "\(reason)")
            #expect(test.store.newestComplete().checkpoint?.step == 10)
        }
    }

    /// Whole and undamaged, but of another step than folder or state say.
    @Test func oneStepEverywhere() throws {
        let test = try TestStore()
        try test.write(10)
        try FileManager.default.moveItem(atPath: test.store.path(10), toPath: test.store.path(30))
        #expect(
            error(test)
                == .damaged(
                    path: manifest(test).path, reason: "it belongs to step 10, but its folder to step 30"))
        // Under any other name it is what it is.
        try FileManager.default.moveItem(atPath: test.store.path(30), toPath: test.path("best"))
        #expect(try Checkpoint(verifying: test.path("best")).step == 10)
        // The state of another step, with a manifest that fits it.
        let other = try TestStore()
        try other.write(30)
        let state = Data("{\n\"step\":[20]\n}\n".utf8)
        try state.write(to: URL(fileURLWithPath: other.store.path(30) + "/state.json"))
        let text = try String(contentsOf: manifest(other), encoding: .utf8)
        let crc32 = #/"state.json" : \{\n *"bytes" : \d+,\n *"crc32" : \d+/#
        let fitting = text.replacing(#/\{\n  "crc32" : \d+,\n/#, with: "{\n").replacing(
            crc32, with: "\"state.json\" : {\"bytes\" : \(state.count), \"crc32\" : \(checksum(state))")
        try Data(fitting.utf8).write(to: manifest(other))
        #expect(
            error(other)
                == .damaged(
                    path: other.store.path(30) + "/state.json",
                    reason: "it belongs to step [20], but the manifest to step 30"))
    }

    /// CRC-32, bit by bit.
    private func checksum(_ data: Data) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in data {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                let carry: UInt32 = sum & 1 == 1 ? 0xEDB8_8320 : 0
                sum = sum >> 1 ^ carry
            }
        }
        return ~sum
    }

    @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
    func filesAreFiles(_ name: String) throws {
        let test = try TestStore()
        try test.write(30)
        let path = test.store.path(30) + "/" + name
        try FileManager.default.moveItem(atPath: path, toPath: test.parent + "/elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: test.parent + "/elsewhere")
        #expect(error(test) == .damaged(path: path, reason: "it is a link, not a file"))
        try FileManager.default.removeItem(atPath: path)
        // A pipe without a writer would block.
        #expect(mkfifo(path, 0o600) == 0)
        #expect(error(test) == .damaged(path: path, reason: "it is not a regular file"))
    }
}
