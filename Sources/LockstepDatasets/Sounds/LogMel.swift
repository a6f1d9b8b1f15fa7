import Glibc

/// The logarithm of a mel spectrogram: log(sum over f of filter[m, f] |STFT[t, f]|^2 + 1e-6).
///
/// Frames of `window` samples every `hop` samples, centred (the recording is reflected at its ends), under a periodic Hann window; mel
/// scale 2595 log10(1 + f / 700), triangles of height 1. Like torchaudio's MelSpectrogram with its defaults, and librosa's with
/// htk=True and norm=None. Source: Stevens, Volkmann, Newman: A Scale for the Measurement of the Psychological Magnitude
/// Pitch (1937); Young et al.: The HTK Book.
package final class LogMel {
    /// The summand under the logarithm.
    package static let floor: Float = 1e-6

    private let window: Int
    private let hop: Int
    /// The number of features of a step.
    package let mels: Int
    private let weights: [Float]
    /// The filter of each mel band: first bin and weights.
    private let filters: [(first: Int, weights: [Float])]
    private let transform: FourierTransform
    private let power: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - window: the number of samples in a frame; a power of 2.
    ///   - low, high: the range of the filters, in Hz.
    package init(sampleRate: Int, window: Int, hop: Int, mels: Int, low: Double, high: Double) {
        (self.window, self.hop, self.mels) = (window, hop, mels)
        weights = (0..<window).map {
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(window)))
        }
        transform = FourierTransform(count: window)
        let bins = window / 2 + 1
        power = .allocate(capacity: bins)
        func mel(_ frequency: Double) -> Double { 2595 * log10(1 + frequency / 700) }
        func frequency(_ mel: Double) -> Double { 700 * (pow(10, mel / 2595) - 1) }
        let (first, last) = (mel(low), mel(high))
        let edges = (0..<mels + 2).map {
            frequency(first + (last - first) * Double($0) / Double(mels + 1))
        }
        filters = (0..<mels).map { number in
            let values = (0..<bins).map { bin in
                let f = Double(bin) * Double(sampleRate) / Double(window)
                let up = (f - edges[number]) / (edges[number + 1] - edges[number])
                let down = (edges[number + 2] - f) / (edges[number + 2] - edges[number + 1])
                return Float(max(0, min(up, down)))
            }
            let begin = values.firstIndex { $0 > 0 } ?? 0
            let end = (values.lastIndex { $0 > 0 } ?? -1) + 1
            return (begin, Array(values[begin..<max(begin, end)]))
        }
    }

    deinit { power.deallocate() }

    /// The number of steps of a recording.
    package func steps(_ samples: Int) -> Int { samples / hop + 1 }

    /// Writes the features of a recording's first steps.
    /// - Parameter target: [steps, mels].
    package func write(
        _ samples: UnsafeBufferPointer<Float>, steps: Int, to target: UnsafeMutablePointer<Float>
    ) {
        for step in 0..<steps {
            let begin = step * hop - window / 2
            for index in 0..<window {
                transform.real[index] =
                    samples[Self.reflected(begin + index, samples.count)] * weights[index]
                transform.imaginary[index] = 0
            }
            transform.run()
            for bin in 0...window / 2 {
                let (x, y) = (transform.real[bin], transform.imaginary[bin])
                power[bin] = x * x + y * y
            }
            for mel in 0..<mels {
                let filter = filters[mel]
                var sum: Float = 0
                for index in filter.weights.indices {
                    sum += filter.weights[index] * power[filter.first + index]
                }
                target[step * mels + mel] = log(sum + Self.floor)
            }
        }
    }

    /// A position within 0 ..< count, reflected at both ends without repeating the end; a short recording is reflected repeatedly.
    private static func reflected(_ place: Int, _ count: Int) -> Int {
        guard place < 0 || place >= count else { return place }
        guard count > 1 else { return 0 }
        let period = 2 * (count - 1)
        let rest = ((place % period) + period) % period
        return rest < count ? rest : period - rest
    }
}
