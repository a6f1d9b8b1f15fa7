import Foundation

/// Data whose mutated file is one of Tests/Fixtures: NPZ, HDF5, zstd, images, archives and sounds.
struct FixtureDraws {
    /// What a run file says of its data, the file to mutate, and its place in the folder of the case.
    struct Drawn {
        var data: String
        var file: [UInt8]
        var place = "file"
    }

    /// A file that accompanies the mutated one: its place, and its name in Tests/Fixtures.
    private static let others = [
        "pictures/a/0.png": "images/color.png", "pictures/b/0.jpg": "images/color.jpg",
        "pictures/b/1.tif": "images/color.tif", "sounds/a/0.wav": "sounds/16.wav",
        "sounds/b/0.flac": "sounds/16.flac", "float64.npy": "arrays/float64.npy",
        "names.npy": "arrays/names.npy",
    ]
    /// The mark in a run file before the place of the mutated file.
    private static let mark = "# file: "

    private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Fixtures").standardizedFileURL

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    func draw(_ draws: inout FuzzDraws) throws -> Drawn {
        switch draws.below(7) {
        case 0:
            let names = draws.pick([
                ("float64", "names"), ("fortran", "names"), ("images", "bytes"), ("int8", "uint8"),
            ])
            return Drawn(
                data: "{npy: {train_inputs: \"@:\(names.0)\", train_targets: \"@:\(names.1)\"}}",
                file: try bytes(draws.pick(["arrays/stored.npz", "arrays/deflated.npz"])))
        case 1:
            let group = draws.pick(["", "/chunked"])
            return Drawn(
                data: "{hdf5: {train: @, inputs: \(group)/float32, targets: \(group)/names}}",
                file: try bytes(draws.pick(["arrays/all.h5", "arrays/all.h5.zst"])))
        case 2:
            return Drawn(
                data: "{npy: {train_inputs: @, train_targets: %/names.npy}}",
                file: try bytes(
                    draws.pick([
                        "arrays/float64.npy.zst", "arrays/float64.npy.gz", "arrays/float16.npy",
                        "arrays/uint64.npy",
                    ])))
        case 3:
            return Drawn(
                data: "{text: {path: @, context: 4}}", file: try bytes("arrays/zeros.zst"))
        case 4:
            let name = draws.pick([
                "alpha.png", "bits.tif", "cmyk.jpg", "deep.png", "deflate.tif", "full.jpg", "interlaced.png",
                "lzw.tif", "packbits.tif", "palette.png", "palette.tif", "progressive.jpg", "turned-6.jpg",
            ])
            let ending = name.split(separator: ".").last ?? ""
            return Drawn(
                data: "{image_folder: {train: %/pictures, size: [8], channels: \(draws.pick([1, 3]))}}",
                file: try bytes("images/\(name)"), place: "pictures/a/1.\(ending)")
        case 5:
            return Drawn(
                data: "{image_shards: {train: %/shard.tar, size: [8]}}",
                file: try bytes("shards/\(draws.pick(["gnu", "pax", "ustar"])).tar"), place: "shard.tar")
        default:
            let name = draws.pick([
                "16.wav", "24.wav", "8.wav", "float.wav", "stereo.wav", "16.flac", "stereo.flac",
            ])
            let ending = name.split(separator: ".").last ?? ""
            let features = draws.pick(["waveform", "log_mel"])
            return Drawn(
                data:
                    "{sound_folder: {train: %/sounds, sample_rate: 8000, features: \(features), window: 128, hop: 40, mels: 8}}",
                file: try bytes("sounds/\(name)"), place: "sounds/a/1.\(ending)")
        }
    }

    /// The line of a run file that says where the mutated file belongs.
    static func line(_ place: String) -> String { mark + place }

    /// Where the mutated file of a run file belongs, within the folder of the case; nil if it does not say.
    static func place(in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
    }

    /// Writes the undamaged files.
    func writeOthers(to target: String) throws {
        for (place, name) in Self.others {
            let path = URL(fileURLWithPath: target).appendingPathComponent(place)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(try bytes(name)).write(to: path)
        }
    }
}
