import Foundation
import LockstepReaders

/// Means and standard deviations of training images, measured on images spread evenly over the set.
///
/// Sums are integers, so the results do not depend on the order or the number of threads.
enum ImageStatistics {
    /// The sums of the images of one thread.
    private final class Sums: @unchecked Sendable {
        // Each thread has its own sums until all threads are done.
        var sums: [UInt64]
        var squares: [UInt64]

        init(_ groups: Int) {
            sums = [UInt64](repeating: 0, count: groups)
            squares = sums
        }

        func add(_ pixels: UnsafePointer<UInt8>, _ count: Int) {
            let groups = sums.count
            for group in 0..<groups {
                var (sum, square): (UInt64, UInt64) = (0, 0)
                for element in stride(from: group, to: count, by: groups) {
                    let value = UInt64(pixels[element])
                    sum += value
                    square += value * value
                }
                sums[group] += sum
                squares[group] += square
            }
        }
    }

    /// - Parameters:
    ///   - samples: the samples of the training split, as indices of files.
    ///   - needsMeans: whether means are needed even if inputs are not normalised.
    /// - Throws: `DatasetError` of an image that cannot be read; `ThreadError`.
    static func measure(
        _ files: any SampleFiles, _ samples: [Int32], _ settings: ImageSettings,
        _ normalization: Normalization,
        needsMeans: Bool
    ) throws -> InputScaling.Statistics {
        guard normalization != .none || needsMeans else { return InputScaling.Statistics() }
        let groups = (normalization == .none ? .automatic : normalization).groups(of: settings.extents)
        let count = min(samples.count, settings.statisticsImages)
        let threads = max(1, min(8, ProcessInfo.processInfo.activeProcessorCount, count))
        let parts = (0..<threads).map { _ in Sums(groups) }
        let failure = FirstFailure()
        let crew = try WorkCrew("statistics", count: threads) { thread in
            let worker = ImageWorker(settings)
            for index in thread * count / threads..<(thread + 1) * count / threads where failure.error == nil
            {
                do throws(DatasetError) {
                    try worker.read(files, Int(samples[index * samples.count / count]), draws: nil)
                    parts[thread].add(worker.pixels, settings.elementCount)
                } catch {
                    failure.set(error)
                }
            }
        }
        crew.run()
        crew.close()
        if let error = failure.error { throw error }
        let numbers = UInt64(count * settings.elementCount / groups)
        var statistics = InputScaling.Statistics()
        for group in 0..<groups {
            let sum = parts.reduce(0) { $0 + $1.sums[group] }
            let square = parts.reduce(0) { $0 + $1.squares[group] }
            statistics.means.append(Double(sum) / Double(numbers))
            // Exactly n^2 times the variance.
            let spread = UInt128(numbers) * UInt128(square) - UInt128(sum) * UInt128(sum)
            if normalization != .none {
                statistics.deviations.append(Double(spread).squareRoot() / Double(numbers))
            }
        }
        return statistics
    }
}
