import Foundation
import LockstepReaders

/// The images of Tests/Fixtures/images with what Pillow makes of them.
enum ImageFixtures {
    struct Expected: Decodable {
        var file: String
        /// The largest difference of a byte.
        var tolerance: Int?
        var background: UInt8?
        var width: Int
        var height: Int
        var channels: Int
        var bytes: Data
        /// Of a resized image the shorter side before it was cut.
        var shorter: Int?
    }

    private struct All: Decodable {
        var files: [Expected]
        var resized: [Expected]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/images").path

    private static let all = try! JSONDecoder().decode(
        All.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json")))

    static var files: [Expected] { all.files }
    static var resized: [Expected] { all.resized }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    }

    /// The largest difference between two lists of bytes of the same length.
    static func difference(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Int {
        zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }
}
