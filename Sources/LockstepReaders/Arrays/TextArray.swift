/// An array of texts, stored as numbers of names: class labels.
package struct TextArray {
    /// The path of the file.
    package let path: String
    /// The extents, outermost first.
    package private(set) var extents: [Int]
    /// The distinct names, in the order in which they occur.
    package private(set) var names = CSVVocabulary()
    /// The number of the name of each text, row-major.
    package private(set) var numbers: ContiguousArray<Int32> = []

    /// An array with more distinct texts than this cannot hold class labels.
    private static let mostNames = 100_000

    init(path: String, extents: [Int]) {
        self.path = path
        self.extents = extents
    }

    /// Adds the next text.
    mutating func append(_ text: String) throws(DatasetError) {
        guard !text.isEmpty else {
            throw DatasetError(
                .value, path, .sample(numbers.count), "the text is empty",
                advice: "give each sample a label, or leave the sample out")
        }
        guard let number = names.number(text), number < Self.mostNames else {
            throw DatasetError(
                .labelOutOfRange, path, .sample(numbers.count),
                "the array has more than \(Self.mostNames) different texts",
                advice: "targets that are texts must be class names")
        }
        numbers.append(number)
    }

    /// Appends the texts of another file.
    mutating func append(_ other: TextArray) throws(DatasetError) {
        for number in other.numbers { try append(other.names.names[Int(number)]) }
        extents[0] = numbers.count / max(1, extents.dropFirst().reduce(1, *))
    }
}
