import Foundation
import LockstepDatasets

/// A folder for a test's files, removed with the object.
final class TestFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("data-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A cache in this folder.
    var cache: DataCache { DataCache(directory: path + "/cache") }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// An IDX file of bytes.
    func idx(_ name: String, _ extents: [Int], _ bytes: [UInt8]) throws -> String {
        var all: [UInt8] = [0, 0, 8, UInt8(extents.count)]
        for extent in extents { all += withUnsafeBytes(of: UInt32(extent).bigEndian) { Array($0) } }
        return try write(name, all + bytes)
    }

    /// A file in NPY's format, version 1.
    func npy(_ name: String, _ type: String, _ shape: String, fortran: Bool = false, _ bytes: [UInt8]) throws
        -> String
    {
        var header =
            "{'descr': '\(type)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        let length = withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { Array($0) }
        return try write(name, [0x93] + Array("NUMPY".utf8) + [1, 0] + length + Array(header.utf8) + bytes)
    }
}
