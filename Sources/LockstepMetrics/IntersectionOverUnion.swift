import LockstepContracts

/// The metrics of classes of pixels: `mean_iou`, the mean over the classes that occur of intersection over union, and
/// `pixel_accuracy`, the share of pixels whose class is found.
///
/// Intersection over union of a class: the pixels that are of it and are found to be, divided by those that are either; the
/// Jaccard index. Metrics of no pixels are NaN.
public struct IntersectionOverUnion: MetricSums, Equatable {
    /// For each class its pixels, those that are found to be of it, and those that are both. Whole numbers: nothing depends
    /// on the order of the samples.
    public var counts: [Int64]
    private let classes: Int

    /// Empty sums.
    public init(classes: Int) {
        contract(classes > 0, "IntersectionOverUnion: \(classes) classes")
        self.classes = classes
        counts = [Int64](repeating: 0, count: 3 * classes)
    }

    /// Adds pixels.
    /// - Parameters:
    ///   - found: the class that is found for each pixel.
    ///   - labels: as many classes.
    public mutating func add(_ found: [Int32], _ labels: UnsafePointer<Int32>) {
        for (pixel, label) in found.enumerated() {
            counts[Int(labels[pixel])] += 1
            counts[classes + Int(label)] += 1
            if labels[pixel] == label { counts[2 * classes + Int(label)] += 1 }
        }
    }

    public mutating func merge(_ next: IntersectionOverUnion) {
        for index in counts.indices { counts[index] += next.counts[index] }
    }

    public var doubles: [Double] {
        get { [] }
        set {}
    }

    /// Intersection over union of every class; NaN for one that neither occurs nor is found.
    public var perClass: [Double] {
        (0..<classes).map { label in
            let both = Double(counts[2 * classes + label])
            return both / (Double(counts[label] + counts[classes + label]) - both)
        }
    }

    public var values: [MetricValue] {
        let overlaps = perClass.filter { !$0.isNaN }
        let (pixels, right) = (counts[..<classes].reduce(0, +), counts[(2 * classes)...].reduce(0, +))
        return [
            MetricValue("mean_iou", overlaps.reduce(0, +) / Double(overlaps.count)),
            MetricValue("pixel_accuracy", Double(right) / Double(pixels)),
        ]
    }
}
