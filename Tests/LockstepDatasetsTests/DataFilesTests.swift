import Foundation
import LockstepConfiguration
import LockstepDatasets
import LockstepReaders
import Testing

/// Lists, patterns and numbered shards in the place of a file.
@Suite struct DataFilesTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func names(_ files: DataFiles) throws -> [String] {
        try files.paths().map { String($0.dropFirst(folder.path.count + 1)) }
    }

    private func problem(_ files: DataFiles) -> DatasetError? {
        do throws(DatasetError) {
            _ = try files.paths()
            return nil
        } catch {
            return error
        }
    }

    private func inFolder(_ pattern: String) -> String { "\(folder.path)/\(pattern)" }

    @Test func numbersAreComparedByValue() throws {
        for name in ["p-10", "p-9", "p-2b", "p-2", "p-002", "p-x", "q-1"] { _ = try folder.write(name, "") }
        #expect(try names(DataFiles(inFolder("p-*"))) == ["p-002", "p-2", "p-2b", "p-9", "p-10", "p-x"])
        #expect(try names(DataFiles(inFolder("p-[0-9]"))) == ["p-2", "p-9"])
        #expect(
            try names(DataFiles([inFolder("q-?"), inFolder("p-1*"), inFolder("none")])) == [
                "q-1", "p-10", "none",
            ])
    }

    @Test func numberedShards() throws {
        #expect(
            try names(DataFiles(inFolder("a-{008..011}.npy"))) == [
                "a-008.npy", "a-009.npy", "a-010.npy", "a-011.npy",
            ])
        #expect(try names(DataFiles(inFolder("{9..10}/b"))) == ["9/b", "10/b"])
        _ = try folder.write("c{0..1}", "")
        #expect(try names(DataFiles(inFolder("c{0..1}"))) == ["c{0..1}"])
        #expect(try names(DataFiles(inFolder("d{0,1}"))) == ["d{0,1}"])
        #expect(problem(DataFiles(inFolder("a-{3..1}")))?.kind == .format)
        #expect(problem(DataFiles(inFolder("a-{0..99999999}")))?.kind == .format)
    }

    @Test func mistakes() throws {
        _ = try folder.write("a[1]", "")
        #expect(try names(DataFiles(inFolder("a[1]"))) == ["a[1]"])
        #expect(problem(DataFiles(inFolder("x-*.csv")))?.kind == .missing)
        let twice = try #require(problem(DataFiles([inFolder("a[1]"), inFolder("a*")])))
        #expect(twice.problem.contains("named twice"), "\(twice)")
        #expect(throws: ComponentError.self) {
            var recipe = DataConfiguration.CSV(train: "x", target: "y")
            recipe.train = []
            try DataConfiguration.csv(recipe).validate()
        }
    }

    @Test func storedAsTextOrList() throws {
        func json(_ files: DataFiles) throws -> String {
            String(decoding: try JSONEncoder().encode(files), as: UTF8.self)
        }
        #expect(try json("a") == "\"a\"" && json(["a", "b"]) == "[\"a\",\"b\"]")
        #expect(try JSONDecoder().decode(DataFiles.self, from: Data("[\"a\"]".utf8)) == "a")
    }

    /// Shards of every kind give what one file gives.
    @Test func shardsOfEveryKind() throws {
        func same(_ whole: DataConfiguration, _ shards: DataConfiguration) throws -> Bool {
            let (one, other) = (
                try OpenedData(whole, cache: folder.cache), try OpenedData(shards, cache: folder.cache)
            )
            return one.fingerprint == other.fingerprint && one.classNames == other.classNames
        }
        let rows = ["1,b\n", "2,a\n", "3,c\n", "4,a\n"]
        let table = try folder.write("all.csv", "x,y\n" + rows.joined())
        _ = try folder.write("t-1.csv", "x,y\n" + rows[..<3].joined())
        _ = try folder.write("t-2.csv", "y,x\na,4\n")
        #expect(
            try same(
                .csv(.init(train: table, target: "y")), .csv(.init(train: inFolder("t-*.csv"), target: "y"))))
        let images = try folder.idx("images", [3, 1, 2], [0, 10, 20, 30, 40, 50])
        let labels = try folder.idx("labels", [3], [0, 1, 2])
        for (number, count) in [(0, 1), (1, 2)] {
            _ = try folder.idx("i-\(number)", [count, 1, 2], number == 0 ? [0, 10] : [20, 30, 40, 50])
            _ = try folder.idx("l-\(number)", [count], number == 0 ? [0] : [1, 2])
        }
        #expect(
            try same(
                .idx(.init(trainImages: images, trainLabels: labels)),
                .idx(.init(trainImages: inFolder("i-{0..1}"), trainLabels: inFolder("l-?")))))
        var list = DataConfiguration.NPY(trainInputs: "", trainTargets: "")
        list.trainInputs = [ArrayFixture.path("float64.npy"), ArrayFixture.path("stored.npz:float64_big")]
        list.trainTargets = [ArrayFixture.path("names.npy"), ArrayFixture.path("deflated.npz:bytes")]
        let data = try OpenedData(.npy(list), cache: folder.cache)
        #expect(data.count(.training) == 14 && data.classCounts == [6, 6, 2])
        let text = try folder.write("all.txt", "In the beginning God created")
        _ = try folder.write("part1.txt", "In the begin")
        _ = try folder.write("part2.txt", "ning God created")
        func fingerprint(_ path: String) throws -> String {
            try DataConfiguration.text(.init(path: path, windows: .init(context: 4))).open(
                DatasetRequest(cache: folder.cache)
            ).fingerprint
        }
        #expect(try fingerprint(text) == fingerprint(inFolder("part*.txt")))
    }

    @Test func shardsThatDoNotFit() throws {
        var recipe = DataConfiguration.NPY(trainInputs: "", trainTargets: ArrayFixture.path("names.npy"))
        recipe.trainInputs = [ArrayFixture.path("float64.npy"), ArrayFixture.path("float32.npy")]
        let error = #expect(throws: DatasetError.self) { try OpenedData(.npy(recipe), cache: folder.cache) }
        #expect(error?.kind == .mismatch && error?.file == ArrayFixture.path("float32.npy"))
        _ = try folder.write("t-1.csv", "x,y\n1,a\n2,b\n")
        _ = try folder.write("t-2.csv", "x,z\n1,a\n2,b\n")
        let table = #expect(throws: DatasetError.self) {
            try OpenedData(.csv(.init(train: inFolder("t-*.csv"), target: "y")), cache: folder.cache)
        }
        #expect(
            table?.kind == .mismatch && table?.file == inFolder("t-2.csv"), "\(String(describing: table))")
    }

    /// A shard that changes, or comes to a pattern, changes the fingerprint.
    @Test func fingerprintCoversAllFiles() throws {
        func fingerprint() throws -> String {
            try OpenedData(.csv(.init(train: inFolder("t-*.csv"), target: "y")), cache: folder.cache)
                .fingerprint
        }
        _ = try folder.write("t-1.csv", "x,y\n1,a\n2,b\n")
        _ = try folder.write("t-2.csv", "x,y\n1,a\n2,b\n")
        let first = try fingerprint()
        _ = try folder.write("t-2.csv", "x,y\n1,a\n3,b\n")
        let second = try fingerprint()
        _ = try folder.write("t-3.csv", "x,y\n9,a\n")
        #expect(Set([first, second, try fingerprint()]).count == 3)
    }
}
