import Lockstep

/// Intersection over union of the pixels that are of a class and those that are found to be, averaged over the classes
/// that occur.
struct Overlap: MetricSums {
    /// For each class its pixels, those that are found to be of it, and those that are both: whole numbers, whose sums
    /// need no order.
    var counts: [Int64]
    private let classes: Int

    init(classes: Int) {
        self.classes = classes
        counts = [Int64](repeating: 0, count: 3 * classes)
    }

    mutating func add(_ found: [Int32], _ labels: UnsafePointer<Int32>) {
        for (pixel, label) in found.enumerated() {
            counts[Int(labels[pixel])] += 1
            counts[classes + Int(label)] += 1
            if labels[pixel] == label { counts[2 * classes + Int(label)] += 1 }
        }
    }

    mutating func merge(_ next: Overlap) {
        for index in counts.indices { counts[index] += next.counts[index] }
    }

    /// Nothing depends on the order of the samples.
    var doubles: [Double] {
        get { [] }
        set {}
    }

    var values: [MetricValue] {
        let overlaps = (0..<classes).map { label in
            let both = Double(counts[2 * classes + label])
            return both / (Double(counts[label] + counts[classes + label]) - both)
        }.filter { !$0.isNaN }
        return [MetricValue("mean_iou", overlaps.reduce(0, +) / Double(overlaps.count))]
    }
}
