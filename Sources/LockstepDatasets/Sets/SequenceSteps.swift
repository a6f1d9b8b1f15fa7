/// The steps of all sequences of a file, and the position of each sequence.
struct SequenceSteps: Sendable {
    let data: DecodedDataset
    /// The length of the longest sequence.
    let longest: Int
    /// The first step of each sequence, followed by the number of all steps.
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

    /// The steps of a range of sequences.
    func steps(of sequences: [Int32]) -> [Int32] {
        sequences.flatMap { range(of: Int($0)).map(Int32.init) }
    }
}
