import LockstepReaders

/// Reads recordings and computes their features for one thread; its memory is reused.
final class SoundWorker {
    private let settings: SoundSettings
    private let buffer = FileBuffer()
    private let decoder = SoundDecoder()
    private let logMel: LogMel?
    /// The features of the last recording: [steps, width].
    private(set) var features: UnsafeMutableBufferPointer<Float> = .init(start: nil, count: 0)

    init(_ settings: SoundSettings) {
        self.settings = settings
        logMel = settings.logMel
    }

    deinit { features.deallocate() }

    /// Reads the header of a recording.
    /// - Returns: the number of its samples.
    /// - Throws: `DatasetError`, which names the file; also for another sample rate.
    func measure(_ files: any SampleFiles, _ sample: Int) throws(DatasetError) -> Int {
        try files.read(sample, into: buffer)
        let header = try decoder.measure(buffer.bytes, files.path(sample))
        guard header.sampleRate == settings.sampleRate else {
            throw DatasetError(
                .mismatch, files.path(sample),
                "has \(header.sampleRate) samples per second, but sample_rate is \(settings.sampleRate)",
                advice: "convert the file (sox, ffmpeg), or set sample_rate")
        }
        return header.frames
    }

    /// Reads a recording into `features`.
    /// - Returns: the number of steps.
    func read(_ files: any SampleFiles, _ sample: Int) throws(DatasetError) -> Int {
        let steps = settings.steps(try measure(files, sample))
        try decoder.decode(buffer.bytes, limit: settings.limit, files.path(sample))
        if steps * settings.width > features.count {
            features.deallocate()
            features = .allocate(capacity: steps * settings.width)
        }
        guard let target = features.baseAddress else { return steps }
        if let logMel {
            logMel.write(decoder.samples, steps: steps, to: target)
        } else {
            for step in 0..<steps { target[step] = decoder.samples[step] }
        }
        return steps
    }
}
