/// The steps of all sequences of a file, and where each sequence begins.
struct SequenceSteps: Sendable {
    let data: DecodedDataset
    /// The length of the longest sequence.
    let longest: Int
    /// One more than there are sequences: the last one ends where the steps do.
    private let begins: [Int]

    /// - Parameter lengths: the set whose only input is the length of a sequence.
    init(_ data: DecodedDataset, lengths: DecodedDataset) {
        self.data = data
        let numbers = lengths.inputs.assumingMemoryBound(to: Float.self)
        var begins = [0]
        var longest = 0
        for sequence in 0..<lengths.count {
            begins.append(begins[sequence] + Int(numbers[sequence]))
            longest = max(longest, Int(numbers[sequence]))
        }
        self.begins = begins
        self.longest = longest
    }

    /// The steps of a sequence.
    func range(of sequence: Int) -> Range<Int> { begins[sequence]..<begins[sequence + 1] }

    /// The steps of some sequences.
    func steps(of sequences: [Int32]) -> [Int32] {
        sequences.flatMap { range(of: Int($0)).map(Int32.init) }
    }
}
