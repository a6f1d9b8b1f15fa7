import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Tar archives, and images in them.
struct ShardTests {
    private static let folder = ImageFixtures.folder + "/../shards"
    private static let long =
        String(repeating: "folder-", count: 12) + "x/" + String(repeating: "sample-", count: 4) + "3"

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).tar")))
    }

    @Test(arguments: ["ustar", "gnu", "pax"]) func membersAreFound(_ format: String) throws {
        let bytes = try Self.bytes(format)
        let members = try TarIndex.members("\(Self.folder)/\(format).tar")
        #expect(
            members.map(\.name) == [
                "./000.png", "./000.cls", "./001.json", "./001.jpg", "\(Self.long).left.png",
                "\(Self.long).txt",
            ])
        #expect(try Array(bytes[members[0].range]) == ImageFixtures.bytes("grey.png"))
        #expect(bytes[members[5].range] == [UInt8(ascii: "3")])
    }

    @Test(arguments: ["ustar", "gnu", "pax"]) func samplesHaveTheirClasses(_ format: String) throws {
        var recipe = ImageShards()
        recipe.train = "\(Self.folder)/\(format).tar"
        recipe.images = ImageSettings(height: 8, width: 8)
        recipe.preparation.normalize = .none
        let dataset = try recipe.open(DatasetRequest())
        #expect(dataset.schema.fields[1].classNames == ["0", "1", "2", "3"])
        #expect((0..<3).map { dataset.label(ofTraining: $0) } == [1, 0, 3])
        #expect(
            (0..<3).map { dataset.name(of: $0, in: .training) } == [
                "./000.png", "./001.jpg", "\(Self.long).left.png",
            ])
        let block = EvaluationSplit(dataset, .training).block(0..<3)
        #expect(dataset.failure == nil && block[1].int32s[2] == 3)
        let numbers = block[0].floatArray
        #expect(numbers[0..<192] == numbers[384..<576] && numbers[0..<192] != numbers[192..<384])
    }

    @Test func patternsOfShards() {
        #expect(
            BracePattern.expand("a-{08..11}.tar") == ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"])
        #expect(BracePattern.expand("{0..1}/{2..3}") == ["0/2", "0/3", "1/2", "1/3"])
        #expect(BracePattern.expand("plain.tar") == ["plain.tar"])
        for wrong in [
            "{}", "{1..}", "{3..1}", "{a..b}", "a}", "{0..9999999}", "{0..999999}{0..999999}", "{1,2}",
        ] {
            #expect(BracePattern.expand(wrong) == nil, "\(wrong)")
        }
    }

    private func error(_ bytes: [UInt8], _ classes: [String]? = nil) throws -> DatasetError? {
        let folder = try TestFolder()
        let path = try folder.write("damaged.tar", bytes)
        return #expect(throws: DatasetError.self) {
            _ = try ShardFiles.list([path], endings: ["png", "jpg"], classes: classes, canBeUnlabeled: false)
        }
    }

    @Test func damagedArchivesAreErrors() throws {
        let good = try Self.bytes("ustar")
        #expect(try error([])?.kind == .empty)
        #expect(try error(Array(good.prefix(1600)))?.kind == .truncated)
        #expect(try error([0x1F, 0x8B] + good.dropFirst(2))?.problem.contains("compressed") == true)
        #expect(try error(Array("plain text".utf8) + [UInt8](repeating: 1, count: 600))?.kind == .format)
        var damaged = good
        damaged[512 + 3] ^= 1
        #expect(try error(damaged)?.kind == .corrupt)
        #expect(try error(good, ["0", "1"])?.kind == .labelOutOfRange)
        // The second sample's member without its class.
        var unlabeled = good
        let json = try #require(Data(good).range(of: Data("\"label\"".utf8)))
        unlabeled.replaceSubrange(json, with: Array("\"lapel\"".utf8))
        #expect(try error(unlabeled)?.kind == .value)
    }

    /// Mutated archives are read or refused: no crash, no hang, at most 1 GiB.
    @Test func mutatedArchives() throws {
        let originals = try ["ustar", "gnu", "pax"].map(Self.bytes)
        let folder = try TestFolder()
        var mutations = Mutations(seed: 21)
        let buffer = FileBuffer()
        var (read, refused) = (0, 0)
        try Mutations.bounded {
            for number in 0..<500 {
                let path = try folder.write("mutated.tar", mutations.changed(originals[number % 3]))
                do throws(DatasetError) {
                    let list = try ShardFiles.list(
                        [path], endings: ["png", "jpg"], classes: nil, canBeUnlabeled: number % 2 == 0)
                    for sample in 0..<list.files.count { try list.files.read(sample, into: buffer) }
                    read += 1
                } catch {
                    #expect(!error.problem.isEmpty)
                    refused += 1
                }
            }
        }
        #expect(read > 20 && refused > 100, "\(read) read, \(refused) refused")
    }
}
