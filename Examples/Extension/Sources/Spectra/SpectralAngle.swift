import Foundation
import Lockstep

/// The mean angle between two spectra, in degrees: 0 if they differ by a factor alone.
///
/// Source: Kruse et al.: The Spectral Image Processing System, 1993.
struct SpectralAngle: MetricSums {
    private var sum = 0.0
    private var samples = 0.0

    /// Adds the angle of a sample.
    mutating func add(_ angle: Double) {
        sum += angle
        samples += 1
    }

    mutating func merge(_ next: SpectralAngle) {
        sum += next.sum
        samples += next.samples
    }

    var doubles: [Double] {
        get { [sum, samples] }
        set { (sum, samples) = (newValue[0], newValue[1]) }
    }

    var values: [MetricValue] { [MetricValue("spectral_angle", sum / samples)] }

    /// The angles between the rows of two tensors [N, C], in degrees; 90 where a row is zero.
    static func angles(_ a: Tensor, _ b: Tensor) -> [Double] {
        let columns = a.shape[1]
        return (0..<a.shape[0]).map { row in
            var (product, squaresOfA, squaresOfB) = (0.0, 0.0, 0.0)
            for i in row * columns..<(row + 1) * columns {
                let (x, y) = (Double(a.floats[i]), Double(b.floats[i]))
                product += x * y
                squaresOfA += x * x
                squaresOfB += y * y
            }
            let sizes = (squaresOfA * squaresOfB).squareRoot()
            return sizes == 0 ? 90 : acos(max(-1, min(1, product / sizes))) * 180 / .pi
        }
    }
}
