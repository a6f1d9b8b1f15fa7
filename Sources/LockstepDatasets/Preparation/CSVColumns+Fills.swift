import LockstepReaders

extension CSVColumns {
    /// The replacement for a missing number of each input, from the training split alone: the median, the most frequent
    /// number, or the mean.
    /// - Returns: nil if it is the mean everywhere.
    func fills(_ part: DecodedDataset, _ training: [Int32], means: [Double]) -> [Double]? {
        guard imputations?.contains(where: { $0.strategy == .median || $0.strategy == .mostFrequent }) == true
        else { return nil }
        let elements = elements
        var fills = elements.indices.map { means[$0 % means.count] }
        for imputation in imputations ?? [] {
            // The indicator, the last input of its column, is never missing.
            let own = elements.indices.filter { elements[$0].column == imputation.column }.dropLast(
                imputation.hasIndicator ? 1 : 0)
            switch (imputation.strategy, roles[imputation.column]) {
            case (.mostFrequent, .category):
                // The sum of a category's input is its frequency; of equally frequent categories, the first has the smallest name.
                let counts = own.map { element in
                    Self.values(of: element, part, training).reduce(0) { $0 + Double($1) }
                }
                let best = counts.indices.max {
                    counts[$0] < counts[$1] || (counts[$0] == counts[$1] && $0 > $1)
                }
                for (index, element) in own.enumerated() { fills[element] = index == best ? 1 : 0 }
            case (.mostFrequent, _):
                for element in own { fills[element] = Self.mode(Self.values(of: element, part, training)) }
            case (.median, _):
                for element in own { fills[element] = Self.median(Self.values(of: element, part, training)) }
            default: continue
            }
        }
        return fills
    }

    /// The numbers of an input in the training split, sorted, without missing ones.
    private static func values(
        of element: Int, _ part: DecodedDataset, _ training: [Int32]
    ) -> [Float] {
        let size = part.sampleShape.elementCount
        let base = part.inputs.assumingMemoryBound(to: Float.self)
        return training.map { base[Int($0) * size + element] }.filter { !$0.isNaN }.sorted()
    }

    /// The median of sorted numbers: the middle one, or the mean of the middle two.
    private static func median(_ sorted: [Float]) -> Double {
        let count = sorted.count
        guard count > 0 else { return 0 }
        return (Double(sorted[(count - 1) / 2]) + Double(sorted[count / 2])) / 2
    }

    /// The most frequent of sorted numbers; the smallest if there are several.
    private static func mode(_ sorted: [Float]) -> Double {
        var (best, most, run) = (sorted.first ?? 0, 0, 0)
        for (index, value) in sorted.enumerated() {
            run = index > 0 && sorted[index - 1] == value ? run + 1 : 1
            if run > most { (best, most) = (value, run) }
        }
        return Double(best)
    }
}
