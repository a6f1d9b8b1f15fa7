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
    ]) func headers(_ json: String, _ data: Int, _ isLegal: Bool) throws {
        let path = try file(json, data: data)
        defer { try? FileManager.default.removeItem(atPath: path) }
        if isLegal {
            #expect(try SafetensorsFile(path).header.entries.count == 1)
        } else {
            #expect(throws: CheckpointError.self) { try SafetensorsFile(path) }
        }
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
        #expect(message("a", [4]).contains("[2] in it, but [4] in this model"))
        #expect(message("b", [2]).contains("tensor b is missing in it"))
    }
}
