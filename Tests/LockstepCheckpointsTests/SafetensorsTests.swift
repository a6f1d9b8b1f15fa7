import Foundation
import LockstepCheckpoints
import Testing

@Suite struct SafetensorsTests {
    private func file(_ json: String, data: Int, length: UInt64? = nil) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("file-\(UUID()).safetensors")
            .path
        var bytes = withUnsafeBytes(of: (length ?? UInt64(json.utf8.count)).littleEndian) { Array($0) }
        bytes += Array(json.utf8) + [UInt8](repeating: 1, count: data)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, true),
        (
            #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   "#, 4,
            true
        ),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, false),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, false),
        (#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#, 8, false),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            8, false
        ),
        (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, false), (#"[1,2]"#, 0, false), (#"{"a":"#, 0, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, false),
        (#"{"__metadata__":{"n":1}}"#, 0, false),
        // Numbers beyond 64 bits, which would wrap around to 0 and 8; negative, with fraction, exponent, sign or leading zeros.
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551616,18446744073709551624]}}"#,
            8,
            false
        ),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775816]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[18446744073709551618],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2.9],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0.5,8.5]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8.0]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8E0]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[+2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[true,2],"data_offsets":[false,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}"#, 4, false),
        // A key twice: tensors, fields, metadata.
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
            8, false
        ),
        (
            #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
            8, false
        ),
        (#"{"a":{"dtype":"F32","shape":[9],"shape":[2],"data_offsets":[0,8]}}"#, 8, false),
        (
            #"{"__metadata__":{"n":"1","n":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8,
            false
        ),
        // Other forms.
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}"#, 8, false),
        (#" {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#, 8, false),
        (#"{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}"#, 8, false),
        // What is legal, though rare.
        (#"{"a\n\ud83d\ude00":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}}"#, 8, true),
    ]) func headers(_ json: String, _ data: Int, _ isLegal: Bool) throws {
        let path = try file(json, data: data)
        defer { try? FileManager.default.removeItem(atPath: path) }
        if isLegal {
            #expect(try SafetensorsFile(path).header.entries.count == 1)
        } else {
            #expect(throws: CheckpointError.self) { try SafetensorsFile(path) }
        }
    }

    /// Levels of brackets and extents by the thousand: an error, not the end of the stack or the memory.
    @Test(arguments: [
        String(repeating: "[", count: 200_000), String(repeating: #"{"a":"#, count: 100_000),
        #"{"a":{"dtype":"F32","shape":"# + String(repeating: "[", count: 200_000),
        #"{"a":{"dtype":"F32","shape":["# + String(repeating: "1,", count: 200_000)
            + #"1],"data_offsets":[0,4]}}"#,
    ]) func deepAndLong(_ json: String) throws {
        let path = try file(json, data: 4)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path) }
    }

    /// A name that would steer the terminal it is printed on.
    @Test func namesArePrintable() throws {
        let path = try file(#"{"\u001b[2J":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, data: 8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(path) }
        #expect(error?.description.contains(#"tensor \u{1B}[2J has shape [3], but 8 bytes"#) == true)
    }

    @Test func impossibleLengths() throws {
        for length: UInt64 in [UInt64.max, 1 << 40, 100] {
            let path = try file("{}", data: 4, length: length)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(throws: CheckpointError.self) { try SafetensorsFile(path) }
        }
    }

    @Test func otherModelsAreNamed() throws {
        let path = try file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try SafetensorsFile(path)
        var memory = [Float](repeating: 0, count: 4)
        func message(_ name: String, _ shape: [Int]) -> String {
            memory.withUnsafeMutableBytes { raw in
                let bytes = UnsafeMutableRawBufferPointer(rebasing: raw[..<(shape.reduce(4, *))])
                do throws(CheckpointError) {
                    try file.read(into: [
                        TensorDestination(name: name, type: .float32, shape: shape, bytes: bytes)
                    ])
                    return ""
                } catch {
                    return "\(error)"
                }
            }
        }
        #expect(message("a", [2]) == "")
        #expect(message("a", [4]).contains("[2] in the file, but [4] in this model"))
        #expect(message("b", [2]).contains("tensor b is missing in the file"))
    }
}
