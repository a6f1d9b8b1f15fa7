import Foundation
import LockstepReaders

/// Measurements on all recordings of a set, or on some of them, before training.
enum SoundStatistics {
    /// The results of the recordings; threads write disjoint elements.
    private final class Results<Result: Sendable>: @unchecked Sendable {
        let places: UnsafeMutableBufferPointer<Result>

        init(_ count: Int, _ initial: Result) {
            places = .allocate(capacity: count)
            places.initialize(repeating: initial)
        }

        deinit {
            places.deinitialize()
            places.deallocate()
        }
    }

    /// Computes a result for each of some recordings with several threads; in their order, so that the number of threads
    /// does not matter.
    /// - Throws: `DatasetError` for a recording that cannot be read; `ThreadError`.
    private static func map<Result: Sendable>(
        _ samples: [Int], _ settings: SoundSettings, _ initial: Result,
        _ body: @escaping @Sendable (SoundWorker, Int) throws(DatasetError) -> Result
    ) throws -> [Result] {
        let results = Results(samples.count, initial)
        let failure = FirstFailure()
        let threads = max(1, min(8, ProcessInfo.processInfo.activeProcessorCount, samples.count))
        let crew = try WorkCrew("statistics", count: threads) { thread in
            let worker = SoundWorker(settings)
            for index in thread * samples.count / threads..<(thread + 1) * samples.count / threads
            where failure.error == nil {
                do throws(DatasetError) {
                    results.places[index] = try body(worker, samples[index])
                } catch {
                    failure.set(error)
                }
            }
        }
        crew.run()
        crew.close()
        if let error = failure.error { throw error }
        return Array(results.places)
    }

    /// The number of samples of each recording.
    static func lengths(_ files: any SampleFiles, _ settings: SoundSettings) throws -> [Int] {
        try map(Array(0..<files.count), settings, 0) { worker, sample throws(DatasetError) in
            try worker.measure(files, sample)
        }
    }

    private struct Sums {
        var steps = 0
        var sums: [Double] = []
        var squares: [Double] = []
    }

    /// Means and standard deviations of each feature of a step, measured on recordings that are spread evenly over the set.
    static func measure(
        _ files: any SampleFiles, _ samples: [Int32], _ settings: SoundSettings,
        _ normalization: Normalization
    ) throws -> InputScaling.Statistics {
        guard normalization != .none else { return InputScaling.Statistics() }
        let count = min(samples.count, settings.statisticsRecordings)
        let chosen = (0..<count).map { Int(samples[$0 * samples.count / count]) }
        let width = settings.width
        let all = try map(chosen, settings, Sums()) { worker, sample throws(DatasetError) in
            var sums = Sums()
            sums.sums = [Double](repeating: 0, count: width)
            sums.squares = sums.sums
            sums.steps = try worker.read(files, sample)
            for step in 0..<sums.steps {
                for feature in 0..<width {
                    let value = Double(worker.features[step * width + feature])
                    sums.sums[feature] += value
                    sums.squares[feature] += value * value
                }
            }
            return sums
        }
        let steps = Double(all.reduce(0) { $0 + $1.steps })
        var statistics = InputScaling.Statistics()
        for feature in 0..<width {
            let mean = all.reduce(0) { $0 + $1.sums[feature] } / steps
            let square = all.reduce(0) { $0 + $1.squares[feature] } / steps
            statistics.means.append(mean)
            statistics.deviations.append(max(0, square - mean * mean).squareRoot())
        }
        return statistics
    }
}
