/// Looks for class targets that are likely to be a mistake: quantities, labels that count from 1, classes with too few samples.
struct ClassTargets {
    /// The file of the targets.
    let file: String
    /// What the target is called in messages.
    let target: String
    /// The number of samples of each class.
    let counts: [Int]
    /// The names of the classes; nil where they are numbers that count from 0.
    var names: [String]?
    /// Whether the number of classes was given, and not found.
    var isCountGiven = false
    /// Whether `task: regression` could be meant.
    var canBeRegression = true

    /// As many different numbers are more likely a quantity than classes, unless they count without gaps.
    private static let manyNumbers = 100
    /// Classes that have fewer samples in the mean are few for a class.
    private static let fewSamples = 5

    private var samples: Int { counts.reduce(0, +) }
    private var occurring: Int { counts.count { $0 > 0 } }

    /// The names as numbers; nil where one is none.
    private var numbers: [Double]? {
        guard let names else { return counts.indices.filter { counts[$0] > 0 }.map(Double.init) }
        let numbers = names.compactMap { name in
            var text = name
            return text.withUTF8 { DecimalNumber.parse($0) }
        }
        return numbers.count == names.count ? numbers : nil
    }

    /// What a user should know.
    /// - Throws: `DatasetError` for what cannot be meant: many numbers with fractions.
    func notes() throws(DatasetError) -> [String] {
        guard let numbers, let smallest = numbers.min(), let largest = numbers.max() else { return singles }
        if let fraction = numbers.first(where: { $0 != $0.rounded() }) {
            let problem =
                "\(target) has \(numbers.count) different numbers with fractions, such as \(fraction)"
            guard numbers.count <= 20, samples >= Self.fewSamples * numbers.count else {
                throw DatasetError(
                    .value, file, "\(problem): a quantity, not classes",
                    advice: "set task: regression (--set data.csv.task=regression)")
            }
            return ["\(file): \(problem); if it is a quantity, set task: regression"] + singles
        }
        let hasGaps = largest - smallest + 1 > Double(numbers.count)
        if canBeRegression, numbers.count > Self.manyNumbers,
            hasGaps || samples < Self.fewSamples * numbers.count
        {
            return [
                "\(file): \(target) has \(numbers.count) different numbers, as a quantity has; if it is one, set task: regression"
            ]
        }
        return (names == nil ? neverOccurring : []) + singles
    }

    /// Labels that the file does not have.
    private var neverOccurring: [String] {
        let never = counts.indices.filter { counts[$0] == 0 }
        guard !never.isEmpty else { return [] }
        if never == [0] {
            return [
                "\(file): labels are 1 to \(counts.count - 1), and classes count from 0, so class 0 never occurs; subtract 1 from "
                    + "the labels"
            ]
        }
        guard !isCountGiven else { return [] }
        return [
            "\(file): \(never.count) of \(counts.count) classes never occur (\(Self.list(never.map(String.init)))): classes count from 0 "
                + "to the largest label"
        ]
    }

    private var singles: [String] {
        let single = counts.indices.filter { counts[$0] == 1 }.map { names?[$0] ?? "\($0)" }
        guard !single.isEmpty else { return [] }
        let subject =
            single.count == 1 ? "class '\(single[0])' has" : "\(single.count) of \(counts.count) classes have"
        return [
            "\(file): \(subject) a single sample\(single.count == 1 ? "" : " (\(Self.list(single)))"), which cannot be both learned and tested"
        ]
    }

    /// Classes that a set has and the training samples do not have.
    /// - Parameters:
    ///   - set: the number of samples of each class in a set.
    ///   - training: the same of the training samples.
    ///   - names: those of the classes; where there are not as many as classes, numbers take their place.
    static func absent(_ set: [Int], called name: String, training: [Int], names: [String]) -> [String] {
        let absent = training.indices.filter { training[$0] == 0 && set[$0] > 0 }
        guard !absent.isEmpty else { return [] }
        let called = absent.map { names.count == training.count ? names[$0] : "\($0)" }
        let subject =
            absent.count == 1 ? "class '\(called[0])' is" : "\(absent.count) classes (\(list(called))) are"
        return [
            "\(subject) in the \(name) set, and not among the training samples, so nobody can learn \(absent.count == 1 ? "it" : "them")"
        ]
    }

    private static func list(_ names: [String]) -> String {
        CSVColumns.list(Array(names.prefix(5))) + (names.count > 5 ? ", ..." : "")
    }
}
