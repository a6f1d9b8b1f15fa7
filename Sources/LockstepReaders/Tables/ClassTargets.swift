/// Detects class targets that are probably mistakes: quantities, labels that start at 1, classes with too few samples.
package struct ClassTargets {
    /// The file of the targets.
    package let file: String
    /// The name of the target in messages.
    package let target: String
    /// The number of samples of each class.
    package let counts: [Int]
    /// The names of the classes; nil if they are numbers from 0.
    package var names: [String]?
    /// Whether the run file gives the number of classes.
    package var isCountGiven = false
    /// Whether the user could have meant `task: regression`.
    package var canBeRegression = true

    /// The targets of a file.
    package init(
        file: String, target: String, counts: [Int], names: [String]? = nil, isCountGiven: Bool = false,
        canBeRegression: Bool = true
    ) {
        self.file = file
        self.target = target
        self.counts = counts
        self.names = names
        self.isCountGiven = isCountGiven
        self.canBeRegression = canBeRegression
    }

    /// More distinct numbers than this are probably a quantity, unless they are consecutive.
    private static let manyNumbers = 100
    /// With fewer samples per class on average, the targets are probably not classes.
    private static let fewSamples = 5

    private var samples: Int { counts.reduce(0, +) }
    private var occurring: Int { counts.count { $0 > 0 } }

    /// The names as numbers; nil if one is not a number.
    private var numbers: [Double]? {
        guard let names else { return counts.indices.filter { counts[$0] > 0 }.map(Double.init) }
        let numbers = names.compactMap { name in
            var text = name
            return text.withUTF8 { DecimalNumber.parse($0) }
        }
        return numbers.count == names.count ? numbers : nil
    }

    /// Warnings for the user.
    /// - Throws: `DatasetError` for targets that cannot be classes: many numbers with fractions.
    package func notes() throws(DatasetError) -> [String] { try quantities() + spellings }

    private func quantities() throws(DatasetError) -> [String] {
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
                "\(file): \(target) has \(numbers.count) different numbers, like a quantity; if it is one, set task: regression"
            ]
        }
        return (names == nil ? neverOccurring : []) + singles
    }

    /// Labels that do not occur in the file.
    /// Names that differ only in their spelling: case, invisible characters, or the form of a number.
    private var spellings: [String] {
        guard let names else { return [] }
        let forms = Dictionary(grouping: names.indices) { NameSpelling.form(of: names[$0]) }
        let alike = forms.values.filter { $0.count > 1 }.min { $0[0] < $1[0] }
        guard let alike else { return [] }
        let pair = alike.prefix(2).map { "'\(NameSpelling.visible(names[$0]))'" }.joined(separator: " and ")
        return [
            "\(file): the classes \(pair) differ only in their spelling; if they are the same class, give them the same spelling"
        ]
    }

    private var neverOccurring: [String] {
        let never = counts.indices.filter { counts[$0] == 0 }
        guard !never.isEmpty else { return [] }
        if never == [0] {
            return [
                "\(file): labels are 1 to \(counts.count - 1), but classes are numbered from 0, so class 0 never occurs; subtract 1 from "
                    + "the labels"
            ]
        }
        guard !isCountGiven else { return [] }
        return [
            "\(file): \(never.count) of \(counts.count) classes never occur (\(Self.list(never.map(String.init)))): "
                + "classes are numbered from 0 to the largest label"
        ]
    }

    private var singles: [String] {
        let single = counts.indices.filter { counts[$0] == 1 }.map { names?[$0] ?? "\($0)" }
        guard !single.isEmpty else { return [] }
        let subject =
            single.count == 1 ? "class '\(single[0])' has" : "\(single.count) of \(counts.count) classes have"
        return [
            "\(file): \(subject) a single sample\(single.count == 1 ? "" : " (\(Self.list(single)))"), "
                + "which cannot be both in training and test data"
        ]
    }

    /// Warns about classes that occur in a set, but not among the training samples.
    /// - Parameters:
    ///   - set: the number of samples of each class in a set.
    ///   - training: the same for the training samples.
    ///   - names: the names of the classes; if there are fewer than classes, numbers are used.
    package static func absent(_ set: [Int], called name: String, training: [Int], names: [String])
        -> [String]
    {
        let absent = training.indices.filter { training[$0] == 0 && set[$0] > 0 }
        guard !absent.isEmpty else { return [] }
        let called = absent.map { names.count == training.count ? names[$0] : "\($0)" }
        let subject =
            absent.count == 1 ? "class '\(called[0])' is" : "\(absent.count) classes (\(list(called))) are"
        return [
            "\(subject) in the \(name) set, but not among the training samples, so a model cannot learn "
                + (absent.count == 1 ? "it" : "them")
        ]
    }

    private static func list(_ names: [String]) -> String {
        CSVColumns.list(Array(names.prefix(5))) + (names.count > 5 ? ", ..." : "")
    }
}
