import LockstepReaders
import LockstepTensors

/// The positions of the windows of a text, in the training part and in the held-back part.
///
/// With T tokens, of which the last V are held back, and windows of C tokens, the training part is tokens 0 ..< T - V. Its
/// windows start at offset + i C. Evaluation predicts each of the tokens T - V ..< T once, see `EvaluationWindows`.
public struct TextWindows: Sendable {
    /// The number of tokens of a window, C.
    public let context: Int
    /// The number of training windows of an epoch.
    public let trainingCount: Int
    /// The number of windows of the held-back part, if they do not overlap.
    public var validationCount: Int { evaluation(stride: nil).count }
    /// The tokens of the training part.
    public let trainingTokens: Range<Int>
    /// The tokens of the held-back part.
    public let validationTokens: Range<Int>
    /// The number of positions at which the first window of an epoch can start.
    private let offsets: Int
    private let unit: TextUnit

    /// - Parameters:
    ///   - heldBack: the number of tokens at the end that are from separate validation files; the first of them is not
    ///     predicted, since nothing precedes it.
    ///   - file: the source of the text, for messages.
    /// - Throws: `DatasetError` if a part is too short for a window.
    init(
        count: Int, heldBack: Int = 0, _ configuration: TextPreparation, unit: TextUnit,
        file: String?
    ) throws(DatasetError) {
        context = configuration.context
        self.unit = unit
        let held =
            heldBack > 0 ? heldBack : Int((Double(count) * (configuration.validation ?? 0)).rounded())
        trainingTokens = 0..<count - held
        validationTokens = count - held + (heldBack > 0 ? 1 : 0)..<count
        guard heldBack == 0 || heldBack > context else {
            throw DatasetError(
                .empty, file,
                "the validation text of \(heldBack) \(unit)s is too short for one window of context + 1 = \(context + 1) \(unit)s",
                advice: "make context smaller, or give a longer text")
        }
        let part = held > 0 ? ", \(trainingTokens.count) of them for training," : ""
        guard trainingTokens.count > context else {
            throw DatasetError(
                .empty, file,
                "the text of \(count) \(unit)s\(part) is too short for one window of context + 1 = \(context + 1) \(unit)s",
                advice: "make context smaller, or give a longer text")
        }
        guard configuration.validation == nil || held > 0 else {
            throw DatasetError(
                .empty, file, "of the text's \(count) \(unit)s, none are held back for validation",
                advice: "make validation larger, or leave it out")
        }
        let whole = (trainingTokens.count - 1) / context
        guard whole <= Int(Int32.max), held <= Int(Int32.max) * context else {
            throw DatasetError(
                .format, file,
                "the text of \(count) \(unit)s has more than the maximum of \(Int32.max) windows of \(context) \(unit)s",
                advice: "make context larger, or split the text")
        }
        // One window less leaves room for every offset.
        trainingCount = configuration.randomOffset ? max(1, whole - 1) : whole
        let slack = trainingTokens.count - 1 - trainingCount * context
        offsets = configuration.randomOffset ? min(context, slack + 1) : 1
    }

    /// The position of an epoch's first window.
    func offset(ofEpoch epoch: Int, seed: UInt64) -> Int {
        Int(
            RandomKey(seed: seed, purpose: .window, major: UInt64(epoch)).index(0, below: UInt64(offsets)))
    }

    /// The position of a training window's first input.
    func trainingStart(_ window: Int, offset: Int) -> Int { offset + window * context }

    /// The windows of the held-back part.
    /// - Parameter stride: the distance between windows; nil for windows that do not overlap.
    func evaluation(stride: Int?) -> EvaluationWindows {
        EvaluationWindows(tokens: validationTokens, context: context, stride: stride ?? context)
    }

    /// Writes a window of a text: inputs [C] from `start` on, targets [C] one position later.
    func write(
        _ text: TokenSequence, start: Int, inputs: UnsafeMutablePointer<Int32>,
        targets: UnsafeMutablePointer<Int32>
    ) {
        text.copy(from: start, count: context, to: inputs)
        targets.update(from: inputs + 1, count: context - 1)
        text.copy(from: start + context, count: 1, to: targets + (context - 1))
    }
}

extension TextWindows: CustomStringConvertible {
    /// A text that is equal for equal windows, for fingerprints.
    public var description: String {
        "\(trainingCount) windows of \(context) \(unit)s in \(trainingTokens.count) of \(validationTokens.upperBound) \(unit)s, "
            + "\(offsets) offsets"
    }
}
