import LockstepMetrics
import LockstepPictures

/// A record of an event file: its length, the masked checksum of that, the message, and the masked checksum of that.
///
/// Source: TensorFlow: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto,
/// tensorflow/core/framework/summary.proto.
enum EventRecord {
    /// A number with its tag.
    typealias Scalar = (tag: String, value: Double)

    /// The record of a message.
    static func framed(_ message: [UInt8]) -> [UInt8] {
        let length = ProtobufMessage.littleEndian(UInt64(message.count))
        return length + ProtobufMessage.littleEndian(MaskedChecksum.of(length)) + message
            + ProtobufMessage.littleEndian(MaskedChecksum.of(message))
    }

    private static func event(_ time: Double, step: Int?, _ build: (inout ProtobufMessage) -> Void) -> [UInt8]
    {
        var event = ProtobufMessage()
        event.double(1, time)
        if let step { event.integer(2, step) }
        build(&event)
        return framed(event.bytes)
    }

    /// The first record of every file.
    static func version(time: Double) -> [UInt8] { event(time, step: nil) { $0.text(3, "brain.Event:2") } }

    /// The start of a session: a reader that has read events of this step or a later one drops them.
    static func start(time: Double, step: Int) -> [UInt8] {
        event(time, step: step) { $0.message(7) { $0.integer(1, 1) } }
    }

    /// Numbers of one step.
    static func scalars(time: Double, step: Int, _ scalars: [Scalar]) -> [UInt8] {
        event(time, step: step) { event in
            event.message(5) { summary in
                for (tag, value) in scalars {
                    summary.message(1) {
                        $0.text(1, tag)
                        $0.float(2, Float(value))
                    }
                }
            }
        }
    }

    /// Histograms of one step. Empty ones are left out.
    static func histograms(time: Double, step: Int, _ histograms: [TrackedHistogram]) -> [UInt8] {
        event(time, step: step) { event in
            event.message(5) { summary in
                for (tag, values) in histograms.map({ ($0.tag, $0.values) }) where values.count > 0 {
                    summary.message(1) { value in
                        value.text(1, tag)
                        value.message(5) { histogram in
                            histogram.double(1, Double(values.minimum))
                            histogram.double(2, Double(values.maximum))
                            histogram.double(3, Double(values.count))
                            histogram.double(4, values.sum)
                            histogram.double(5, values.sumOfSquares)
                            let buckets = values.buckets
                            histogram.doubles(6, buckets.map(\.limit))
                            histogram.doubles(7, buckets.map { Double($0.count) })
                        }
                    }
                }
            }
        }
    }

    /// A PNG image.
    static func image(time: Double, step: Int, tag: String, _ image: PNGPicture) -> [UInt8] {
        event(time, step: step) { event in
            event.message(5) { summary in
                summary.message(1) { value in
                    value.text(1, tag)
                    value.message(4) {
                        $0.integer(1, image.height)
                        $0.integer(2, image.width)
                        $0.integer(3, image.channels.rawValue)
                        $0.data(4, image.encoded)
                    }
                }
            }
        }
    }

    /// A text, which TensorBoard shows as Markdown.
    static func text(time: Double, step: Int, tag: String, _ text: String) -> [UInt8] {
        event(time, step: step) { event in
            event.message(5) { summary in
                summary.message(1) { value in
                    value.text(1, tag)
                    value.message(9) { $0.message(1) { $0.text(1, "text") } }
                    value.message(8) { tensor in
                        // DT_STRING, shape [1].
                        tensor.integer(1, 7)
                        tensor.message(2) { $0.message(2) { $0.integer(1, 1) } }
                        tensor.text(8, text)
                    }
                }
            }
        }
    }

    /// A message of the plugin `hparams`.
    static func hyperparameters(time: Double, tag: String, _ content: (inout ProtobufMessage) -> Void)
        -> [UInt8]
    {
        event(time, step: nil) { event in
            event.message(5) { summary in
                summary.message(1) { value in
                    value.text(1, tag)
                    value.message(9) { metadata in
                        metadata.message(1) { plugin in
                            plugin.text(1, "hparams")
                            plugin.message(2, content)
                        }
                    }
                    // The reader expects a tensor: a zero, float32, shape [1].
                    value.message(8) { tensor in
                        tensor.integer(1, 1)
                        tensor.message(2) { $0.message(2) { $0.integer(1, 1) } }
                        tensor.data(5, [0, 0, 0, 0])
                    }
                }
            }
        }
    }

    /// The records of a file up to the first that is not complete, with their step, and the tag of their first value.
    static func records(of file: [UInt8]) -> [(bytes: ArraySlice<UInt8>, step: Int, tag: String?)] {
        var records: [(bytes: ArraySlice<UInt8>, step: Int, tag: String?)] = []
        var rest = file[...]
        while rest.count >= 16 {
            let length = number(rest.prefix(8))
            guard number(rest.dropFirst(8).prefix(4)) == UInt64(MaskedChecksum.of(rest.prefix(8))),
                let count = Int(exactly: length), rest.count - 16 >= count
            else { break }
            let message = rest.dropFirst(12).prefix(count)
            guard number(rest.dropFirst(12 + count).prefix(4)) == UInt64(MaskedChecksum.of(message)),
                let event = ProtobufFields(message)
            else { break }
            let value = event.data(5).flatMap { ProtobufFields($0) }?.data(1).flatMap { ProtobufFields($0) }
            records.append(
                (
                    rest.prefix(count + 16), event.integer(2) ?? 0,
                    value?.data(1).map { String(decoding: $0, as: UTF8.self) }
                ))
            rest = rest.dropFirst(count + 16)
        }
        return records
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
