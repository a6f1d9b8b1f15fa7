import Foundation

/// Samples in tar archives with WebDataset's naming: consecutive members `key.jpg` and `key.cls` form one sample.
///
/// A key is a member's path up to the first dot of its last part. The class is in `.cls` or `.txt` (a number or a name), or in
/// `.json` under `label`, `class` or `cls`. Source: Aizman, Maltby, Breuel: High Performance I/O For Large Scale Deep Learning
/// (2019).
package struct ShardFiles: SampleFiles {
    private struct Sample {
        var shard: Int32
        var name: String
        var range: Range<Int>
    }

    private let shards: [String]
    private let samples: [Sample]

    package var count: Int { samples.count }
    package func name(_ sample: Int) -> String { samples[sample].name }
    package func path(_ sample: Int) -> String {
        "\(shards[Int(samples[sample].shard)]): \(samples[sample].name)"
    }

    package func read(_ sample: Int, into buffer: FileBuffer) throws(DatasetError) {
        let sample = samples[sample]
        try buffer.read(sample.range, ofFile: shards[Int(sample.shard)])
    }

    /// The maximum size of a member that holds a class, in bytes.
    private static let largestLabel = 1 << 16

    /// Lists the samples of some archives.
    /// - Parameters:
    ///   - endings: file extensions of the members that are inputs, in lower case.
    ///   - classes: the classes of a trained network or of the training set; nil to find them in the archives.
    ///   - canBeUnlabeled: whether samples without classes are allowed.
    /// - Throws: `DatasetError` for an archive that cannot be read, a sample without an input or a class, and an unknown class.
    package static func list(
        _ shards: [String], endings: [String], classes: [String]?, canBeUnlabeled: Bool
    ) throws(DatasetError) -> LabeledFiles {
        var samples: [Sample] = []
        var texts: [String?] = []
        var checksum: UInt32 = 0
        let buffer = FileBuffer()
        for (number, shard) in shards.enumerated() {
            let members = try TarIndex.members(shard)
            var first = 0
            while first < members.count {
                let key = key(members[first].name)
                var end = first + 1
                while end < members.count, self.key(members[end].name) == key { end += 1 }
                defer { first = end }
                let group = members[first..<end]
                guard let input = group.first(where: { endings.contains(lastEnding($0.name)) }) else {
                    throw DatasetError(
                        .format, shard,
                        "sample '\(key)' has no member whose name ends in "
                            + endings.map { "." + $0 }.joined(separator: ", "),
                        advice: "remove it from the archive")
                }
                var text: String?
                for ending in ["cls", "txt", "json"] where text == nil {
                    guard let member = group.first(where: { lastEnding($0.name) == ending }) else { continue }
                    guard member.range.count <= largestLabel else {
                        throw DatasetError(
                            .tooLarge, shard, "'\(member.name)' has \(member.range.count) bytes",
                            advice: "a member with a class has at most \(largestLabel) bytes")
                    }
                    try buffer.read(member.range, ofFile: shard)
                    text = try label(buffer.bytes, isJSON: ending == "json", shard, member.name)
                }
                samples.append(Sample(shard: Int32(number), name: input.name, range: input.range))
                texts.append(text)
                checksum = FolderFiles.crc(
                    "\(input.name) \(input.range.count) \(text ?? "")", after: checksum)
            }
        }
        guard !samples.isEmpty else {
            throw DatasetError(.empty, shards.first, "has no samples", advice: "check the archive")
        }
        let files = ShardFiles(shards: shards, samples: samples)
        if canBeUnlabeled, texts.allSatisfy({ $0 == nil }) {
            return LabeledFiles(files: files, classNames: [], labels: nil, checksum: checksum, notes: [])
        }
        let names = classes ?? classNames(texts)
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
        var labels: [Int32] = []
        for (sample, text) in texts.enumerated() {
            guard let text else {
                throw DatasetError(
                    .value, files.path(sample), "the sample has no class",
                    advice: "give it a member that ends in .cls, .txt or .json")
            }
            guard let label = places[text] else {
                throw DatasetError(
                    .labelOutOfRange, files.path(sample), "'\(text)' is not a class of the training set",
                    advice: "remove the sample, or train with it")
            }
            labels.append(label)
        }
        return LabeledFiles(files: files, classNames: names, labels: labels, checksum: checksum, notes: [])
    }

    /// Numeric labels give the classes 0 to the largest label; names are sorted by their bytes.
    private static func classNames(_ texts: [String?]) -> [String] {
        let different = Set(texts.compactMap { $0 })
        let numbers = different.compactMap { text in
            Int(text).flatMap { (0..<1_000_000).contains($0) && "\($0)" == text ? $0 : nil }
        }
        if numbers.count == different.count, let largest = numbers.max() {
            return (0...largest).map { "\($0)" }
        }
        return different.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func key(_ name: String) -> String {
        let start =
            name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name.utf8.index(after: $0) } ?? name.startIndex
        return String(name[..<(name.utf8[start...].firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex)])
    }

    private static func lastEnding(_ name: String) -> String {
        name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[name.utf8.index(after: $0)...].lowercased() }
            ?? ""
    }

    /// The class that a member holds.
    private static func label(
        _ bytes: UnsafeBufferPointer<UInt8>, isJSON: Bool, _ shard: String, _ member: String
    ) throws(DatasetError) -> String? {
        guard isJSON else {
            let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, !text.contains("\n") else {
                throw DatasetError(
                    .value, "\(shard): \(member)", "is not a single line with a class",
                    advice: "write the class alone")
            }
            return text
        }
        struct Content: Decodable {
            enum Value: Decodable {
                case number(Int)
                case text(String)
                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    if let number = try? container.decode(Int.self) {
                        self = .number(number)
                    } else {
                        self = .text(try container.decode(String.self))
                    }
                }
            }
            var label: Value?
            var `class`: Value?
            var cls: Value?
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
            throw DatasetError(
                .value, "\(shard): \(member)",
                "is not a JSON object with a number or a text under label, class or cls",
                advice: "correct it, or give the class in a .cls member")
        }
        return switch content.label ?? content.class ?? content.cls {
        case .number(let number): "\(number)"
        case .text(let text): text
        case nil: nil
        }
    }
}
