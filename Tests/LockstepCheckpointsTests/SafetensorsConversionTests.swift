import Foundation
import LockstepCheckpoints
import Testing

/// Numbers of other types, read as 32-bit ones.
@Suite struct SafetensorsConversionTests {
    private static let values: [Float] = [
        0, -0.0, 1, -2.5, 0.000_061_035_16, 6e-8, 65504, 300, 1 / 3, .infinity,
    ]

    private static func bytes(_ type: SafetensorsType, _ values: [Float]) -> [UInt8] {
        values.flatMap { value -> [UInt8] in
            switch type {
            case .float16: withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { Array($0) }
            case .bfloat16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian) { Array($0) }
            case .float64: withUnsafeBytes(of: Double(value).bitPattern.littleEndian) { Array($0) }
            default: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
            }
        }
    }

    private static func read(_ type: SafetensorsType, _ data: [UInt8], count: Int) throws -> [Float] {
        let header =
            #"{"before":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"a":{"dtype":"\#(type.rawValue)","shape":[\#(count)],"#
            + #""data_offsets":[3,\#(3 + data.count)]}}"#
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("file-\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: path) }
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        try Data(length + Array(header.utf8) + [7, 7, 7] + data).write(to: path)
        let file = try SafetensorsFile(path.path)
        let entry = try #require(file.header.entries.first { $0.name == "a" })
        var floats = [Float](repeating: .nan, count: count)
        try floats.withUnsafeMutableBufferPointer { try file.readFloats(entry, into: $0) }
        return floats
    }

    @Test(arguments: [SafetensorsType.float32, .float16, .bfloat16, .float64])
    func numbersAreThoseOfTheFile(_ type: SafetensorsType) throws {
        let expected = Self.values.map { value -> UInt32 in
            switch type {
            case .float16: Float(Float16(value)).bitPattern
            case .bfloat16: value.bitPattern & 0xFFFF_0000
            default: value.bitPattern
            }
        }
        #expect(
            try Self.read(type, Self.bytes(type, Self.values), count: Self.values.count).map(\.bitPattern)
                == expected)
    }

    /// More numbers than are read at once.
    @Test(arguments: [SafetensorsType.float16, .bfloat16]) func piecesFollowEachOther(_ type: SafetensorsType)
        throws
    {
        let values = (0..<(1 << 18) + 5).map { Float($0 % 256) }
        #expect(try Self.read(type, Self.bytes(type, values), count: values.count) == values)
    }

    @Test func wholeNumbersAreRefused() {
        #expect {
            try Self.read(.int32, [0, 0, 0, 0], count: 1)
        } throws: {
            guard case CheckpointError.mismatch(_, "a", _) = $0 else { return false }
            return true
        }
    }
}
