import Lockstep

/// Retrieval: the share of pairs whose right view is among the k right views, of all pairs, that are closest to the left one.
struct RecallSums: MetricSums {
    static let ranks = [1, 5, 10]
    static func name(_ k: Int) -> String { "recall_at_\(k)" }

    /// The length of an embedding.
    let width: Int
    /// The embeddings of all pairs, unit vectors one after the other.
    var left: [Float] = [], right: [Float] = []

    init(width: Int) { self.width = width }

    mutating func merge(_ next: RecallSums) {
        left += next.left
        right += next.right
    }

    var doubles: [Double] {
        get { [] }
        set {}
    }

    /// The embeddings, which evaluation collects from all ranks in the order of the samples.
    var lists: [[UInt8]] {
        get { [left, right].map { floats in floats.withUnsafeBytes { Array($0) } } }
        set {
            let floats = newValue.map { bytes in
                [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
                    UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
                    count = bytes.count / 4
                }
            }
            (left, right) = (floats[0], floats[1])
        }
    }

    var values: [MetricValue] {
        let count = left.count / width
        func similarity(_ i: Int, _ j: Int) -> Float {
            (0..<width).reduce(Float(0)) { $0 + left[i * width + $1] * right[j * width + $1] }
        }
        let closer = (0..<count).map { i in
            let own = similarity(i, i)
            return (0..<count).count { $0 != i && similarity(i, $0) >= own }
        }
        return Self.ranks.map { k in
            MetricValue(Self.name(k), Double(closer.count { $0 < k }) / Double(count))
        }
    }
}
