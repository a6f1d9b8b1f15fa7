import Foundation

/// Data files of all formats, also gzipped and from the cache: each is trained on, or refused.
struct DataTarget: FuzzTarget {
    let name = "data"

    /// The parts of a run file other than the data.
    private static let rest = [
        "model: {mlp: {hidden: [4]}}", "batch: 3", "shards: 2", "max_steps: 1", "optimizer: sgd",
        "log_every_steps: 1",
    ]

    private static let fixtures = FixtureDraws()

    func input(_ draws: inout FuzzDraws) throws -> [UInt8] {
        let isFixture = draws.percent(40)
        let drawn = try isFixture ? Self.fixtures.draw(&draws) : draw(&draws)
        var file = drawn.file
        if draws.percent(95) { ByteMutation.apply(to: &file, &draws) }
        if draws.percent(10) {
            file = try Gzipped.bytes(file)
            if draws.percent(50) { ByteMutation.apply(to: &file, &draws) }
        }
        let lines = ["data: \(drawn.data)"] + Self.rest + (isFixture ? [FixtureDraws.line(drawn.place)] : [])
        return TextAndFile(text: lines.joined(separator: "\n"), file: file).bytes
    }

    func run(_ input: [UInt8], in folder: String) throws {
        let parts = TextAndFile(input)
        for (name, bytes) in Self.others {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let place = FixtureDraws.place(in: parts.text)
        if place != nil { try Self.fixtures.writeOthers(to: folder) }
        let isBatch = parts.text.contains("cifar10")
        try Data(parts.file).write(
            to: URL(fileURLWithPath: "\(folder)/\(place ?? (isBatch ? "data_batch_2.bin" : "file"))"))
        try TrainingTarget.train(parts.text.replacing("%", with: folder), in: folder)
    }

    /// Undamaged files that accompany the mutated one.
    private static let others: [(String, [UInt8])] = {
        var all = [
            ("images", idx([8, 2, 2], (0..<32).map { UInt8($0) })),
            ("labels", idx([8], [0, 1, 2, 0, 1, 2, 0, 1])),
            ("inputs.npy", npy("<f4", "(8, 2)", [UInt8](repeating: 63, count: 64))),
            ("targets.npy", npy("<i8", "(8,)", (0..<64).map { $0 % 8 == 0 ? UInt8($0 / 8 % 3) : 0 })),
        ]
        let picture = [UInt8](repeating: 7, count: 3073)
        for name in [
            "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch",
        ] {
            all.append((name + ".bin", picture))
        }
        return all
    }()

    private func draw(_ draws: inout FuzzDraws) throws -> FixtureDraws.Drawn {
        let drawn = try drawnText(&draws)
        return .init(data: drawn.data, file: drawn.file)
    }

    private func drawnText(_ draws: inout FuzzDraws) throws -> (data: String, file: [UInt8]) {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        let validation = draws.pick([
            "", ", validation: 0.3", ", normalize: none", ", augment: [horizontal_flip]",
        ])
        switch draws.below(13) {
        case 0: return ("{idx: {train_images: @, train_labels: %/labels\(validation)}}", Self.others[0].1)
        case 1: return ("{idx: {train_images: %/images, train_labels: @\(validation)}}", Self.others[1].1)
        case 2:
            return (
                "{idx: {train_images: %/images, train_labels: %/labels, test_images: @, test_labels: %/labels}}",
                Self.others[0].1
            )
        case 3:
            let task = draws.pick(["classification", "regression"])
            return (
                "{npy: {train_inputs: @, train_targets: %/targets.npy, task: \(task)\(validation)}}",
                Self.others[2].1
            )
        case 4:
            let task = draws.pick(["classification", "regression"])
            let type = draws.pick(["<f4", "<f8", "|u1", "<i8", ">i4", "|b1", "<f2", "<u8"])
            let width = Int(String(type.last ?? "1")) ?? 1
            let values = Self.npy(
                type, "(8,)", (0..<8 * width).map { $0 % width == 0 ? UInt8($0 / width % 3) : 0 })
            return ("{npy: {train_inputs: %/inputs.npy, train_targets: @, task: \(task)}}", values)
        case 5: return ("{cifar10: {directory: %\(validation)}}", [UInt8](repeating: 3, count: 3073))
        case 6:
            return (
                "{text: {path: @, context: 4, validation: \(draws.pick(["none", "0.3", "0.01"]))}}",
                text("In the beginning God created the heaven and the earth.")
            )
        case 7:
            return (
                "{csv: {train: @, target: c, task: regression, missing: mean, categorical: [b]}}",
                text("a,b,c\n1,red,3\n2,\"green, dark\",4\n,blue,5\n4,red,6\n5,,7\n6,red,8\n")
            )
        case 8:
            return (
                "{csv: {train: %/good.csv, target: c, test: @}}".replacing("%/good.csv", with: "@"),
                text("a,b,c\n1,2,x\n2,3,y\n3,4,x\n4,5,\"y\"\n5,6,x\n6,7,y\n")
            )
        case 9:
            return (
                "{csv: {train: @, target: -1, header: false, delimiter: \";\"\(validation.contains("augment") ? "" : validation)}}",
                text("1;2;0\n3;4;1\n5;6;0\n7;8;1\n9;1e3;0\n-1;+2;1\n")
            )
        case 10:
            let shape = draws.pick(["(8, 2, 2, 1)", "(8, 3)", "(8, 2, 3)", "(8, 1, 2, 2, 2)", "(8,)"])
            let count = shape.split { !$0.isNumber }.reduce(1) { $0 * (Int($1) ?? 1) }
            return (
                "{npy: {train_inputs: @, train_targets: %/targets.npy, layout: \(draws.pick(["as_stored", "channels_first", "grey"]))}}",
                Self.npy("<f4", shape, [UInt8](repeating: 60, count: 4 * count))
            )
        case 11:
            return (
                "{jsonl: {train: @, target: c, categorical: [b], missing: mean\(validation.contains("augment") ? "" : validation)}}",
                text(
                    "{\"a\": 1, \"b\": \"red\", \"c\": \"x\"}\n{\"c\": \"y\", \"a\": -2.5e3}\n"
                        + "{\"a\": null, \"b\": \"\\u00e9\", \"c\": \"x\"}\n{\"a\": 3, \"b\": \"red\", \"c\": \"y\"}\n"
                )
            )
        default:
            return (
                "{csv: {train: @, target: a}}",
                text(draws.pick(["", "\n", "a", "a\n", "a,b\n1", "\u{FEFF}a,b\n1,2\n", "a\r1\r2", "\"a"]))
            )
        }
    }

    private static func idx(_ extents: [Int], _ bytes: [UInt8]) -> [UInt8] {
        var all: [UInt8] = [0, 0, 8, UInt8(extents.count)]
        for extent in extents { all += withUnsafeBytes(of: UInt32(extent).bigEndian) { Array($0) } }
        return all + bytes
    }

    private static func npy(_ type: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        let length = header.utf8.count
        var all: [UInt8] = [0x93]
        all += Array("NUMPY".utf8)
        all += [1, 0, UInt8(length & 255), UInt8(length >> 8)]
        all += Array(header.utf8)
        return all + bytes
    }
}

/// Gzip compression of bytes.
enum Gzipped {
    /// Stored blocks with the right checksum.
    static func bytes(_ bytes: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = bytes[...]
        repeat {
            let part = rest.prefix(65_535)
            rest = rest.dropFirst(part.count)
            result.append(rest.isEmpty ? 1 : 0)
            for word in [UInt16(part.count), ~UInt16(part.count)] {
                result += [UInt8(word & 255), UInt8(word >> 8)]
            }
            result += part
        } while !rest.isEmpty
        for word in [checksum(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                result.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return result
    }

    /// CRC-32, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = crc & 1 == 1
                crc >>= 1
                if isOdd { crc ^= 0xEDB8_8320 }
            }
        }
        return ~crc
    }
}
