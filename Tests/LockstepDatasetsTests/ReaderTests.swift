import Foundation
import LockstepDatasets
import LockstepTensors
import Testing

@Suite struct ReaderTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    private func message(_ configuration: DataConfiguration) -> String {
        do {
            _ = try OpenedData(configuration, cache: folder.cache)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func idx() throws {
        let images = try folder.idx("images", [4, 1, 2], [0, 10, 20, 30, 40, 50, 60, 70])
        let labels = try folder.idx("labels", [4], [0, 1, 2, 1])
        let data = try OpenedData(
            .idx(.init(trainImages: images, trainLabels: labels, normalize: .none)), cache: folder.cache)
        #expect(data.sampleShape == Shape(1, 2, 1))
        #expect(data.classes == 3)
        #expect(data.classCounts == [1, 2, 1])
        let (inputs, targets) = data.all(.training)
        #expect(inputs == [0, 10, 20, 30, 40, 50, 60, 70])
        #expect(targets == [0, 1, 2, 1])
    }

    @Test func csvWithCategories() throws {
        let file = try folder.write(
            "table.csv",
            "\u{FEFF}size,\"the colour\",price\r\n1,red,10\r\n2,\"blue, dark\",20\r\n3,red,30\r\n")
        let data = try OpenedData(
            .csv(
                .init(
                    train: file, target: "price", categorical: ["the colour"], task: .regression,
                    standardizeTargets: false, normalize: .none)), cache: folder.cache)
        #expect(data.classes == nil && data.targetWidth == 1)
        #expect(data.all(.training).inputs == [1, 0, 1, 2, 1, 0, 3, 0, 1])
        #expect(data.all(.training).targets == [10, 20, 30])
    }

    @Test func csvClassesAndStandardisedTargets() throws {
        let names = try folder.write("names.csv", "x,kind\n1,b\n2,a\n3,b\n")
        let classes = try OpenedData(.csv(.init(train: names, target: "kind")), cache: folder.cache)
        #expect(classes.classNames == ["a", "b"])
        #expect(classes.all(.training).targets == [1, 0, 1])
        let numbers = try folder.write("numbers.csv", "1;5\n2;7\n3;9\n")
        let regression = try OpenedData(
            .csv(.init(train: numbers, target: "-1", task: .regression, header: false, delimiter: ";")),
            cache: folder.cache)
        #expect(regression.targetMean == [7])
        #expect(abs(regression.targetDeviation[0] - 1.6329932) < 1e-6)
        #expect(abs(regression.all(.training).targets[2] - 1.2247449) < 1e-6)
    }

    @Test func npy() throws {
        let inputs = try folder.npy("x.npy", "<f4", "(2, 3)", floats([1, 2, 3, 4, 5, 6]))
        let fortran = try folder.npy("f.npy", "<f4", "(2, 3)", fortran: true, floats([1, 4, 2, 5, 3, 6]))
        let targets = try folder.npy(
            "y.npy", "<i8", "(2,)", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        for file in [inputs, fortran] {
            let data = try OpenedData(
                .npy(.init(trainInputs: file, trainTargets: targets, normalize: .none)), cache: folder.cache)
            #expect(data.all(.training).inputs == [1, 2, 3, 4, 5, 6])
            #expect(data.all(.training).targets == [0, 1])
        }
    }

    @Test func cifar() throws {
        var record = [UInt8](repeating: 0, count: 3073)
        record[0] = 7
        (record[1], record[1025], record[2049]) = (1, 2, 3)
        for name in [
            "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch",
        ] {
            _ = try folder.write(name + ".bin", record)
        }
        let data = try OpenedData(
            .cifar10(.init(directory: folder.path, normalize: .none)), cache: folder.cache)
        #expect(data.sampleShape == Shape(32, 32, 3))
        #expect(data.count(.training) == 5 && data.count(.test) == 1)
        #expect(Array(data.all(.test).inputs[..<3]) == [1, 2, 3])
        #expect(data.all(.test).targets == [7])
        _ = try folder.write("test_batch.bin", Array(record.dropLast()))
        #expect(message(.cifar10(.init(directory: folder.path))).contains("3072 of 3073 bytes"))
    }

    @Test func mistakesInFiles() throws {
        let images = try folder.idx("images", [2, 1, 2], [0, 10, 20, 30])
        let labels = try folder.idx("labels", [2], [0, 1])
        let short = try folder.idx("short", [9, 1, 2], [0, 10])
        let three = try folder.idx("three", [3], [0, 1, 0])
        func idx(_ images: String, _ labels: String, classes: Int? = nil) -> String {
            message(.idx(.init(trainImages: images, trainLabels: labels, classes: classes)))
        }
        #expect(idx(folder.path + "/none", labels).contains("no such file"))
        #expect(idx(short, labels).contains("short"))
        #expect(idx(images, three).contains("3 targets for the 2 samples"))
        #expect(idx(try folder.write("text", "hello there"), labels).contains("text"))
        let bad = try folder.idx("bad", [2], [0, 9])
        #expect(idx(images, bad, classes: 5).contains("label 9 is not in 0...4"))
        let gap = try folder.write("gap.csv", "a,b\n1,x\n,y\n")
        #expect(message(.csv(.init(train: gap, target: "b"))).contains("gap.csv:3"))
        let word = try folder.write("word.csv", "a,b\n1,x\nno,y\n")
        #expect(message(.csv(.init(train: word, target: "b"))).contains("word.csv:3"))
        #expect(message(.csv(.init(train: word, target: "c"))).contains("c"))
        let ragged = try folder.write("ragged.csv", "a,b\n1,x\n1,x,3\n")
        #expect(message(.csv(.init(train: ragged, target: "b"))).contains("ragged.csv:3"))
        let infinite = try folder.npy("inf.npy", "<f4", "(2, 1)", floats([1, .infinity]))
        let targets = try folder.npy("y.npy", "|u1", "(2,)", [0, 1])
        #expect(message(.npy(.init(trainInputs: infinite, trainTargets: targets))).contains("not finite"))
    }

    @Test func damagedGzip() throws {
        let path = DataConfiguration.FashionMNIST.defaultDirectory + "/t10k-labels-idx1-ubyte.gz"
        guard let whole = FileManager.default.contents(atPath: path) else { return }
        let images = DataConfiguration.FashionMNIST.defaultDirectory + "/t10k-images-idx3-ubyte.gz"
        var flipped = Array(whole)
        flipped[flipped.count / 2] ^= 0x40
        for bytes in [Array(whole.prefix(whole.count / 2)), flipped, Array(whole.dropLast(4))] {
            let file = try folder.write("labels.gz", bytes)
            let text = message(.idx(.init(trainImages: images, trainLabels: file)))
            #expect(text.contains("labels.gz"), "\(text)")
        }
    }
}
