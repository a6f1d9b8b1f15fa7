import LockstepReaders
import LockstepTensors

/// The windows of a text: where each begins, in the part that is trained on and in the one that is held back.
///
/// With T tokens, of which the last V are held back, and windows of C tokens, the training part is tokens 0 ..< T - V. Its
/// windows start at offset + i C. Evaluation predicts each of the tokens T - V ..< T once, see `EvaluationWindows`.
public struct TextWindows: Sendable {
    /// The number of tokens of a window, C.
    public let context: Int
    /// The number of training windows of an epoch.
    public let trainingCount: Int
    /// The number of windows of the part that is held back where they do not overlap.
    public var validationCount: Int { evaluation(stride: nil).count }
    /// The tokens that are trained on.
    public let trainingTokens: Range<Int>
    /// The tokens that are held back.
    public let validationTokens: Range<Int>
    /// The number of places where the first window of an epoch can start.
    private let offsets: Int

    /// - Parameters:
    ///   - heldBack: the tokens at the end that are a text for validation from files of their own; its first token is not
    ///     predicted, since nothing is before it.
    ///   - file: where the text comes from, for messages.
    /// - Throws: `DatasetError` when a part is too short for a window.
    init(
        count: Int, heldBack: Int = 0, _ configuration: TextPreparation, file: String?
    ) throws(DatasetError) {
        context = configuration.context
        let held =
            heldBack > 0 ? heldBack : Int((Double(count) * (configuration.validation ?? 0)).rounded())
        trainingTokens = 0..<count - held
        validationTokens = count - held + (heldBack > 0 ? 1 : 0)..<count
        guard heldBack == 0 || heldBack > context else {
            throw DatasetError(
                .empty, file,
                "the validation text of \(heldBack) bytes is too short for one window of context + 1 = \(context + 1) bytes",
                advice: "make context smaller, or give a longer text")
        }
        let part = held > 0 ? ", of which \(trainingTokens.count) are trained on," : ""
        guard trainingTokens.count > context else {
            throw DatasetError(
                .empty, file,
                "the text of \(count) bytes\(part) is too short for one window of context + 1 = \(context + 1) bytes",
                advice: "make context smaller, or give a longer text")
        }
        guard configuration.validation == nil || held > 0 else {
            throw DatasetError(
                .empty, file, "of the text's \(count) bytes none is held back for validation",
                advice: "make validation larger, or leave it out")
        }
        let whole = (trainingTokens.count - 1) / context
        guard whole <= Int(Int32.max), held <= Int(Int32.max) * context else {
            throw DatasetError(
                .format, file,
                "the text of \(count) bytes has more than \(Int32.max) windows of \(context) bytes",
                advice: "make context larger, or split the text")
        }
        // A window fewer leaves room for every offset.
        trainingCount = configuration.randomOffset ? max(1, whole - 1) : whole
        let slack = trainingTokens.count - 1 - trainingCount * context
        offsets = configuration.randomOffset ? min(context, slack + 1) : 1
    }

    /// Where an epoch's first window starts.
    func offset(ofEpoch epoch: Int, seed: UInt64) -> Int {
        Int(
            RandomKey(seed: seed, purpose: .window, major: UInt64(epoch)).index(0, below: UInt64(offsets)))
    }

    /// Where a training window starts: the place of its first input.
    func trainingStart(_ window: Int, offset: Int) -> Int { offset + window * context }

    /// The windows of the part that is held back.
    /// - Parameter stride: how far each window moves on; nil for a whole window.
    func evaluation(stride: Int?) -> EvaluationWindows {
        EvaluationWindows(tokens: validationTokens, context: context, stride: stride ?? context)
    }

    /// Writes a window of a text: inputs [C] from `start` on, targets [C] one place later.
    func write(
        _ text: UnsafePointer<UInt8>, start: Int, inputs: UnsafeMutablePointer<Int32>,
        targets: UnsafeMutablePointer<Int32>
    ) {
        for place in 0..<context {
            inputs[place] = Int32(text[start + place])
            targets[place] = Int32(text[start + place + 1])
        }
    }
}

extension TextWindows: CustomStringConvertible {
    /// What tells apart two ways to cut a text.
    public var description: String {
        "\(trainingCount) windows of \(context) bytes in \(trainingTokens.count) of \(validationTokens.upperBound) bytes, "
            + "\(offsets) offsets"
    }
}
