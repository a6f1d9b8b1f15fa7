internal import CSound
import Glibc

/// Decodes WAV and FLAC files to one channel of numbers from -1 to 1, the mean of their channels. Used by one thread at a time.
///
/// A recording of more than 67 million samples (2^26) per channel, or of more than 64 channels, is refused before memory is
/// allocated.
package final class SoundDecoder {
    /// The contents of a file's header.
    package struct Header: Equatable, Sendable {
        /// The number of samples per channel.
        package var frames: Int
        /// In Hz.
        package var sampleRate: Int
    }

    private var message = [CChar](repeating: 0, count: 200)
    private var memory = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    private var count = 0

    package init() {}

    deinit { memory.deallocate() }

    /// The decoded samples; valid until the next call of `decode`.
    package var samples: UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(rebasing: memory[..<count])
    }

    /// Reads the header of a file.
    /// - Throws: `DatasetError` with the path.
    package func measure(
        _ bytes: UnsafeBufferPointer<UInt8>, _ path: @autoclosure () -> String
    ) throws(DatasetError) -> Header {
        var header = lockstep_sound_header()
        let status = lockstep_sound_measure(bytes.baseAddress, bytes.count, &header, &message)
        guard status == 0 else { throw failure(status, path()) }
        return Header(frames: Int(header.frames), sampleRate: Int(header.sample_rate))
    }

    /// Decodes a file into `samples`.
    /// - Parameter limit: the maximum number of samples to decode.
    /// - Throws: `DatasetError` with the path.
    package func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, limit: Int = .max, _ path: @autoclosure () -> String
    ) throws(DatasetError) {
        count = 0
        let frames = min(limit, try measure(bytes, path()).frames)
        if frames > memory.count {
            memory.deallocate()
            memory = .allocate(capacity: frames + frames / 4)
        }
        let status = lockstep_sound_decode(
            bytes.baseAddress, bytes.count, Int64(frames), memory.baseAddress, &message)
        guard status == 0 else { throw failure(status, path()) }
        count = frames
    }

    private func failure(_ status: Int32, _ path: String) -> DatasetError {
        let text = message.prefix { $0 != 0 }.map { (32..<127).contains($0) ? UInt8($0) : 63 }
        let problem = String(decoding: text, as: UTF8.self)
        return switch Int(status) {
        case LOCKSTEP_SOUND_UNKNOWN:
            DatasetError(.format, path, problem, advice: "give WAV or FLAC files")
        case LOCKSTEP_SOUND_TOO_LARGE:
            DatasetError(.tooLarge, path, problem, advice: "cut it into shorter recordings")
        default: DatasetError(.corrupt, path, problem, advice: "fetch the file again, or remove it")
        }
    }
}
