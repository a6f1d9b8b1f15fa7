import Foundation
import LockstepReaders

/// The files of Tests/Fixtures/arrays, which scripts/fixtures/arrays.py writes.
enum ArrayFixture {
    static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/arrays/\(name)").standardizedFileURL.path
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// The arrays of numbers that every format has.
    static let numbers = [
        "uint8", "int8", "int16", "int16_big", "int32", "int64", "int64_big", "float32", "float32_big",
        "float64",
        "float64_big", "bool", "fortran", "images",
    ]

    /// The labels of `names` and `bytes`.
    static let labels = ["tulip", "rose", "tulip", "Ähre", "rose", "tulip", "rose"]

    /// Type, extents and bytes of an array of numbers.
    static func content(_ path: String) throws -> [String] {
        let array = try ArrayReader.numbers(DataFiles(path))
        let bytes = UnsafeRawBufferPointer(
            start: array.address, count: array.elementCount * array.element.byteCount)
        return ["\(array.element)", "\(array.extents)", bytes.map(String.init).joined(separator: " ")]
    }

    /// The texts of an array.
    static func texts(_ path: String) throws -> [String]? {
        guard case .texts(let array) = try ArrayReader.read(DataFiles(path)) else { return nil }
        return array.numbers.map { array.names.names[Int($0)] }
    }

    /// What is wrong with an array.
    static func problem(_ path: String) -> DatasetError? {
        do throws(DatasetError) {
            _ = try ArrayReader.read(DataFiles(path))
            return nil
        } catch {
            return error
        }
    }
}
