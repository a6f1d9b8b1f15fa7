import Foundation
import Lockstep

/// Ratings of items by users: `user` and `item` are numbers, `rating` [1] is a target. They come from a table in the format of
/// MovieLens (user, item, rating and more, separated by tabs), or are made from a seed. Every tenth one is for the test.
struct Ratings: Dataset {
    struct Configuration: DataComponent {
        static let name = "ratings"
        static var keys: KeyTable<Self> {
            KeyTable(
                .optionalText("file", \.file, what: "the path of a file", "ratings, one per line"),
                .integer("users", \.users, .within(1...2_000_000_000), "users; their numbers are below this"),
                .integer("items", \.items, .within(1...2_000_000_000), "items; their numbers are below this"),
                .integer("count", \.count, .within(10...2_000_000_000), "ratings to make without a file"),
                .seed("seed", \.seed, "source of the ratings, and of the choice of the test"))
        }
        var file: String?
        var users = 2_000_000, items = 100_000, count = 1_000_000, seed: UInt64 = 0
        let hasValidation = false

        func open(_ request: DatasetRequest) throws -> any Dataset { try Ratings(self) }
    }

    private typealias Rating = (user: Int32, item: Int32, value: Float)

    let schema: BatchSchema
    private let configuration: Configuration
    /// The ratings of the file; nil if ratings are made.
    private let ratings: [Rating]?
    /// The numbers of the ratings of each split.
    private let training: [Int32]
    private let test: [Int32]

    init(_ configuration: Configuration) throws {
        self.configuration = configuration
        schema = BatchSchema([
            BatchField("user", Shape(), .int32, classes: configuration.users),
            BatchField("item", Shape(), .int32, classes: configuration.items),
            BatchField("rating", [1], role: .target),
        ])
        let ratings = try configuration.file.map { try Ratings.read($0, configuration) }
        self.ratings = ratings
        let choice = RandomKey(seed: configuration.seed, purpose: .synthetic, layer: 0)
        let all = (0..<Int32(ratings?.count ?? configuration.count))
        training = all.filter { choice.index(UInt64($0), below: 10) > 0 }
        test = all.filter { choice.index(UInt64($0), below: 10) == 0 }
    }

    /// - Throws: `TrainingError.model` with the first line that is no rating.
    private static func read(_ path: String, _ configuration: Configuration) throws -> [Rating] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw TrainingError.model("data.ratings.file: \(path) cannot be read.")
        }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        // The first line may have the names of the columns.
        let isNamed = lines.first?.split(separator: "\t").first.map { Int32($0) == nil } ?? false
        return try lines.enumerated().dropFirst(isNamed ? 1 : 0).filter { !$1.isEmpty }.map { number, line in
            let fields = line.split(separator: "\t")
            guard fields.count >= 3, let user = Int32(fields[0]),
                (0..<configuration.users).contains(Int(user)),
                let item = Int32(fields[1]), (0..<configuration.items).contains(Int(item)),
                let value = Float(fields[2]), value.isFinite
            else {
                throw TrainingError.model(
                    "\(path), line \(number + 1): a rating has a user below \(configuration.users), an item below "
                        + "\(configuration.items) and a number, separated by tabs, not '\(line.prefix(80))'. "
                        + "`data.ratings.users` and `items` can be raised.")
            }
            return (user, item, value)
        }
    }

    /// The ratings of a file count, not its path.
    var fingerprint: String {
        let made =
            "\(configuration.users) \(configuration.items) \(configuration.count) \(configuration.seed)"
        guard let ratings else { return "ratings 1 \(made)" }
        let hash = ratings.reduce(UInt64(ratings.count)) { hash, rating in
            (hash &* 0x100_0000_01B3) ^ UInt64(rating.user.magnitude) << 32 ^ UInt64(rating.item.magnitude)
                ^ UInt64(rating.value.bitPattern) << 16
        }
        return "ratings 1 \(made) \(hash)"
    }
    var samplesName: String { "ratings" }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: training.count
        case .validation: 0
        case .test: test.count
        }
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let number = Int((split == .test ? test : training)[sample])
        let rating = ratings?[number] ?? made(number)
        row.int32s(0)[0] = rating.user
        row.int32s(1)[0] = rating.item
        row.floats(2)[0] = rating.value
    }

    /// Few users and items have most ratings. Both have four hidden numbers, whose product is the rating.
    private func made(_ number: Int) -> Rating {
        let draws = drawn(number, layer: 1)
        func id(_ draw: Float, of count: Int) -> Int {
            let share = Double(draw + 1) / 2
            return min(count - 1, Int(share * share * share * Double(count)))
        }
        let (user, item) = (id(draws[0], of: configuration.users), id(draws[1], of: configuration.items))
        let product = (drawn(user, layer: 2) * drawn(item, layer: 3)).sum() * 1.5
        return (Int32(user), Int32(item), 3 + max(-2, min(2, product)) + 0.3 * draws[2])
    }

    /// Four uniform numbers in -1 ... 1.
    private func drawn(_ number: Int, layer: UInt64) -> SIMD4<Float> {
        let key = RandomKey(
            seed: configuration.seed, purpose: .synthetic, layer: layer, minor: UInt64(number))
        return SIMD4<Float>(key.block(0)) * 0x1p-31 - 1
    }
}
