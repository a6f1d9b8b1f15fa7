import Foundation
import LockstepDatasets
import LockstepReaders
import Testing

/// Numbers far from zero for their deviation, or with a tiny one, keep what tells samples apart when they become 32-bit ones.
@Suite struct NarrowingTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    /// (x - mean) / deviation in double, as scikit-learn's StandardScaler has it.
    private func standardized(_ values: [Double]) -> [Double] {
        let first = values[0]
        let mean = values.reduce(0) { $0 + ($1 - first) } / Double(values.count)
        let distances = values.map { $0 - first - mean }
        let deviation = (distances.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        return distances.map { $0 / deviation }
    }

    private func expectEqual(
        _ found: [Float], _ expected: [Double], _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(found.count == expected.count, sourceLocation: location)
        let distance = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
        #expect(distance < 1e-6, sourceLocation: location)
    }

    private func problem(_ work: () throws -> Void) -> String {
        do {
            try work()
            return "accepted"
        } catch { return "\(error)" }
    }

    private static let spread = (0..<101).map { Double($0 * 37 % 101) }
    /// Unix times, fractions far away, a tiny deviation, integers that only the normalization would round, huge numbers.
    private static let columns: [[Double]] = [
        spread.map { 1_700_000_000 + $0 }, spread.map { 98_765.4 + $0 * 1e-4 }, spread.map { $0 * 1e-17 },
        spread.map { 10_000_000 + $0 }, spread.map { -3e30 + $0 * 1e20 },
    ]

    @Test(arguments: columns) func tables(_ values: [Double]) throws {
        let rows = values.map { "\($0),\($0 * 2)\n" }.joined()
        let recipe = DataConfiguration.csv(
            .init(
                train: try folder.write("t.csv", "x,y\n" + rows),
                test: try folder.write("test.csv", "y,x\n1,\(values[7])\n"),
                target: "y", task: .regression))
        let data = try OpenedData(recipe, cache: folder.cache)
        let expected = standardized(values)
        for part in [data.all(.training).inputs, data.all(.training).targets] { expectEqual(part, expected) }
        expectEqual(data.all(.test).inputs, [expected[7]])
        // In the units of the file.
        let mean = values.reduce(0) { $0 + $1 / 101 } * 2
        #expect(abs(data.targetMean[0] - mean) < 1e-6 * data.targetDeviation[0] + 1e-12 * abs(mean))
        // What a checkpoint keeps gives the same bits to another file, with and without the training data.
        let constants = try JSONDecoder().decode(
            DataConstants.self, from: JSONEncoder().encode(try #require(data.constants)))
        let whole = try OpenedData(recipe, constants: constants, cache: folder.cache)
        #expect(whole.all(.training).inputs == data.all(.training).inputs)
        try FileManager.default.removeItem(atPath: folder.path + "/t.csv")
        let alone = try #require(
            try OpenedData(testOf: recipe, constants: constants, cache: folder.cache))
        #expect(alone.all(.test).inputs == data.all(.test).inputs)
        #expect(alone.targetMean == data.targetMean && alone.targetDeviation == data.targetDeviation)
    }

    @Test(arguments: columns) func arrays(_ values: [Double]) throws {
        let x = try folder.npy("x.npy", "<f8", "(101, 1)", bytes(values))
        let y = try folder.npy("y.npy", "<f8", "(101, 2)", bytes(values.flatMap { [$0, $0 / 3] }))
        let data = try OpenedData(
            .npy(.init(trainInputs: x, trainTargets: y, task: .regression)), cache: folder.cache)
        let expected = standardized(values)
        expectEqual(data.all(.training).inputs, expected)
        expectEqual(data.all(.training).targets, expected.flatMap { [$0, $0] })
    }

    /// Nanoseconds since 1970 have no double of their own; 32-bit numbers are exact and lose digits in the normalization only.
    @Test func wholeNumbersAndSingleOnes() throws {
        let expected = standardized(Self.spread)
        let labels = try folder.npy("l.npy", "|u1", "(101,)", (0..<101).map { UInt8($0 % 2) })
        let long = Self.spread.map { 1_700_000_000_000_000_000 + Int64($0) }
        let single = Self.spread.map { 10_000_000 + Float($0) }
        for (type, bytes) in [("<i8", bytes(long)), ("<f4", bytes(single))] {
            let x = try folder.npy("x.npy", type, "(101,)", bytes)
            let data = try OpenedData(
                .npy(.init(trainInputs: x, trainTargets: labels)), cache: folder.cache)
            expectEqual(data.all(.training).inputs, expected)
        }
        let header: [UInt8] = [0, 0, 0x0E, 2, 0, 0, 0, 101, 0, 0, 0, 1]
        let big = Self.columns[0].flatMap { withUnsafeBytes(of: $0.bitPattern.bigEndian) { Array($0) } }
        let images = try folder.write("images", header + big)
        let idxLabels = try folder.idx("labels", [101], (0..<101).map { UInt8($0 % 2) })
        let data = try OpenedData(
            .idx(.init(trainImages: images, trainLabels: idxLabels)), cache: folder.cache)
        expectEqual(data.all(.training).inputs, expected)
    }

    /// Columns are those of the normalization: channels of images, else elements; channels first are moved before.
    @Test(arguments: [Normalization.automatic, .perChannel, .perFeature])
    func channelsAndElements(_ normalize: Normalization) throws {
        func value(_ n: Int, _ c: Int, _ p: Int) -> Double {
            let own = Double((n * 31 + c * 7 + p * 5) % 23)
            let ofChannel = c == 0 ? 1e9 : 0
            return own + ofChannel + (normalize == .perFeature ? Double(p) * 1e10 : 0)
        }
        let stored = (0..<40).flatMap { n in (0..<2).flatMap { c in (0..<6).map { value(n, c, $0) } } }
        let x = try folder.npy("x.npy", "<f8", "(40, 2, 2, 3)", bytes(stored))
        let labels = try folder.npy("l.npy", "|u1", "(40,)", (0..<40).map { UInt8($0 % 2) })
        let data = try OpenedData(
            .npy(.init(trainInputs: x, trainTargets: labels, layout: .channelsFirst, normalize: normalize)),
            cache: folder.cache)
        let found = data.all(.training).inputs
        for channel in 0..<2 {
            let pixels = normalize == .perFeature ? (0..<6).map { [$0] } : [Array(0..<6)]
            for group in pixels {
                let expected = standardized((0..<40).flatMap { n in group.map { value(n, channel, $0) } })
                expectEqual(
                    (0..<40).flatMap { n in group.map { found[(n * 6 + $0) * 2 + channel] } }, expected)
            }
        }
    }

    /// Everything that was right before has the bits and the checksum that it had, and checkpoints say nothing new of it.
    @Test func ordinaryColumnsStayAsTheyAre() throws {
        let columns: [[Double]] = (0..<50).map { row in
            let tenths: Double = 58.0 + Double(row % 9) / 10
            return [Double(row) / 7, Double(1990 + row % 31), tenths, 5]
        }
        let rows = columns.map { "\($0[0]),\($0[1]),\($0[2]),\($0[3]),\($0[0] * $0[0])\n" }
        let recipe = DataConfiguration.csv(
            .init(
                train: try folder.write("t.csv", "a,year,c,same,y\n" + rows.joined()), target: "y",
                task: .regression))
        let data = try OpenedData(recipe, cache: folder.cache)
        let constants = try #require(data.constants)
        #expect(constants.narrowing == nil)
        let text = String(decoding: try JSONEncoder().encode(constants), as: UTF8.self)
        #expect(!text.contains("narrowing"))
        let loaded = try folder.cache.load(recipe)
        let first = UnsafeBufferPointer(
            start: loaded.training.inputs.assumingMemoryBound(to: Float.self), count: 200)
        #expect(Array(first) == columns.flatMap { $0.map(Float.init) })
        #expect(data.all(.training).inputs[3] == 0)
        let resumed = try OpenedData(recipe, narrowing: DataNarrowing(), cache: folder.cache)
        #expect(resumed.fingerprint == data.fingerprint)
    }

    /// A run of before goes on with the numbers that it began with, also where they are narrower than needed.
    @Test func aRunOfBeforeKeepsItsNumbers() throws {
        let rows = Self.columns[0].map { "\($0),\(Int($0) % 2)\n" }.joined()
        let recipe = DataConfiguration.csv(
            .init(train: try folder.write("t.csv", "x,y\n" + rows), target: "y"))
        let new = try OpenedData(recipe, cache: folder.cache)
        let old = try OpenedData(recipe, narrowing: DataNarrowing(), cache: folder.cache)
        #expect(Set(new.all(.training).inputs).count == 101 && Set(old.all(.training).inputs).count < 20)
        #expect(new.fingerprint != old.fingerprint)
        #expect(try OpenedData(recipe, cache: folder.cache).fingerprint == new.fingerprint)
        let narrowing = try #require(new.constants?.narrowing)
        #expect(
            try OpenedData(recipe, narrowing: narrowing, cache: folder.cache).fingerprint
                == new.fingerprint)
    }

    /// Numbers that stay as they are must be told apart as such.
    @Test func withoutNormalizationTheyAreRefused() throws {
        let rows = Self.columns[0].map { "\($0),\($0),7\n" }.joined()
        let file = try folder.write("t.csv", "when,then,b\n" + rows)
        func recipe(_ normalize: Normalization, standardize: Bool) -> DataConfiguration {
            .csv(
                .init(
                    train: file, target: "then", task: .regression, standardizeTargets: standardize,
                    normalize: normalize))
        }
        func message(_ recipe: DataConfiguration) -> String {
            problem { _ = try OpenedData(recipe, cache: folder.cache) }
        }
        #expect(
            message(recipe(.none, standardize: true)).contains(
                "t.csv: 32-bit numbers cannot distinguish the values of column 'when'"))
        #expect(message(recipe(.none, standardize: true)).contains("(normalize: auto)"))
        #expect(message(recipe(.automatic, standardize: false)).contains("the values of the target 'then' ("))
        #expect(message(recipe(.automatic, standardize: true)) == "accepted")
        // 32-bit numbers hold these.
        let years = try folder.write(
            "years.csv", "x,y\n" + (0..<50).map { "\(16_000_000 + $0),\($0 % 2)\n" }.joined())
        let plain = try OpenedData(
            .csv(.init(train: years, target: "y", normalize: .none)), cache: folder.cache)
        #expect(plain.all(.training).inputs == (0..<50).map { Float(16_000_000 + $0) })
    }

    /// Nanoseconds since 1970 in a table: double precision does not keep the last digits, which is said.
    @Test(arguments: [1_700_000_000_000_000_000, -(1 << 60), (1 << 53) + 1]) func digitsThatDoublesLose(
        _ first: Int
    )
        throws
    {
        func rows(_ count: Int) -> String { (0..<count).map { "\(first + $0),\($0),\($0 % 2)\n" }.joined() }
        let file = try folder.write("t.csv", "when,x,y\n" + rows(50))
        let test = try folder.write("test.csv", "when,x,y\n" + rows(4))
        func warnings(_ target: String, _ task: DataTask) throws -> [String] {
            try OpenedData(
                .csv(.init(train: file, test: test, target: target, task: task)), cache: folder.cache
            )
            .warnings
        }
        let spacing = Int(Double(first).ulp)
        for (target, task) in [("y", DataTask.classification), ("when", .regression)] {
            let found = try warnings(target, task).filter { $0.contains("more digits") }
            #expect(
                found.count == 2 && found[0].hasPrefix("\(file): ") && found[1].hasPrefix("\(test): "),
                "\(found)")
            #expect(
                found.allSatisfy {
                    $0.contains("in column 'when'") && $0.contains("less than \(spacing) become equal")
                })
        }
        // The same digits where a double keeps them.
        let short = try folder.write(
            "s.csv", "when,y\n" + (0..<50).map { "\((1 << 53) + 2 * $0),\($0 % 2)\n" }.joined())
        #expect(
            try OpenedData(.csv(.init(train: short, target: "y")), cache: folder.cache).warnings.isEmpty)
    }

    @Test func whatNoNumberHolds() throws {
        for text in ["1e300", "-4e38", "inf", "NaN", "nan", "0x10", "1e", "--1"] {
            let file = try folder.write("t.csv", "x,y\n1,a\n\(text),b\n3,a\n")
            let said = problem {
                _ = try OpenedData(.csv(.init(train: file, target: "y")), cache: folder.cache)
            }
            #expect(said.contains("t.csv:3: "), "\(text): \(said)")
        }
        // A number that the columns of training cannot hold.
        let train = try folder.write(
            "t.csv", "x,y\n" + Self.spread.map { "\($0 * 1e-30),\(Int($0) % 2)\n" }.joined())
        let recipe = DataConfiguration.csv(
            .init(train: train, test: try folder.write("far.csv", "x,y\n1e30,0\n"), target: "y"))
        #expect(
            problem { _ = try OpenedData(recipe, cache: folder.cache) }.contains(
                "far.csv, sample 0: the number 1e+30 is too far"))
    }

    /// Inputs below the smallest 32-bit number are told apart; errors of such targets could not be told in their units.
    @Test func numbersBelowTheSmallest() throws {
        let values = Self.spread.map { $0 * 1e-200 }
        let x = try folder.npy("x.npy", "<f8", "(101, 1)", bytes(values))
        let y = try folder.npy("y.npy", "<f8", "(101,)", bytes(Self.spread))
        let data = try OpenedData(
            .npy(.init(trainInputs: x, trainTargets: y, task: .regression)), cache: folder.cache)
        expectEqual(data.all(.training).inputs, standardized(Self.spread))
        let recipe = DataConfiguration.npy(.init(trainInputs: y, trainTargets: x, task: .regression))
        #expect(problem { _ = try OpenedData(recipe, cache: folder.cache) }.contains("rescale them"))
    }

    /// Equal numbers become 0, however many there are, and whatever their sum rounds to.
    @Test func constantColumns() throws {
        for value in ["123456.789", "0.1", "1e-20", "1700000000.3", "-3e37"] {
            let rows = (0..<3000).map { "\(value),\($0 % 2)\n" }.joined()
            let file = try folder.write("t.csv", "x,y\n" + rows)
            let data = try OpenedData(.csv(.init(train: file, target: "y")), cache: folder.cache)
            #expect(Set(data.all(.training).inputs) == [0], "\(value)")
        }
    }
}
