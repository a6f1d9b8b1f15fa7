import LockstepReaders
import LockstepText

/// Which arrays are proposed as inputs and targets, and which others are possible.
struct ArrayChoice {
    typealias Entry = ArrayDescription.Entry

    private let inputs: Entry
    private let target: Entry
    private let otherInputs: [Entry]
    private let otherTargets: [Entry]

    private static let inputNames = [
        "x", "inputs", "input", "data", "features", "images", "train_inputs", "x_train",
    ]
    private static let targetNames = [
        "y", "targets", "target", "labels", "label", "train_targets", "y_train",
    ]
    /// The maximum number of extents of inputs.
    private static let mostExtents = 5
    /// The maximum number of other arrays to list.
    private static let mostListed = 8

    /// Chooses targets and inputs among arrays.
    ///
    /// Targets are the first array with a usual name, or else the first of texts, or else the last of one extent. Inputs
    /// are the first array with a usual name, or else the largest, among those with as many samples.
    /// - Parameters:
    ///   - inputs: the name of the inputs; nil to choose.
    ///   - target: the name of the targets; nil to choose.
    /// - Returns: nil if no arrays fit together.
    /// - Throws: `DatasetError` if there is no array of a given name, or it cannot be used so.
    init?(_ entries: [Entry], inputs givenInputs: String?, target givenTarget: String?) throws(DatasetError) {
        let wantedInputs = try Self.find(givenInputs, in: entries)
        let wantedTarget = try Self.find(givenTarget, in: entries)
        try Self.check(inputs: wantedInputs, target: wantedTarget)
        func fit(_ target: Entry) -> [Entry] {
            entries.filter {
                $0.reference != target.reference && $0.type != "text" && $0.extents.first == target.extents[0]
                    && $0.extents.count <= Self.mostExtents
            }
        }
        let targets = entries.filter {
            $0.extents.count == 1 && $0.extents[0] > 1 && $0.reference != wantedInputs?.reference
                && (wantedInputs == nil || wantedInputs?.extents.first == $0.extents[0])
        }
        let guessed =
            targets.first { Self.targetNames.contains(Self.lastName($0)) }
            ?? targets.first { $0.type == "text" } ?? targets.last
        guard let target = wantedTarget ?? guessed, 1...2 ~= target.extents.count else { return nil }
        let candidates = fit(target)
        let chosen =
            wantedInputs ?? candidates.first { Self.inputNames.contains(Self.lastName($0)) }
            ?? candidates.max { $0.extents.reduce(1, *) < $1.extents.reduce(1, *) }
        guard let chosen, chosen.missing == 0, target.missing == 0 else { return nil }
        guard chosen.extents.first == target.extents[0] else {
            throw DatasetError(
                .mismatch, chosen.reference,
                "it has shape \(chosen.extents), but \(target.reference) has shape \(target.extents)",
                advice: "choose arrays with the same number of samples, their first extent")
        }
        (inputs, self.target) = (chosen, target)
        otherInputs = candidates.filter { $0.reference != chosen.reference }
        otherTargets = targets.filter {
            $0.reference != target.reference && $0.reference != chosen.reference && !fit($0).isEmpty
        }
    }

    /// Checks given arrays.
    private static func check(inputs: Entry?, target: Entry?) throws(DatasetError) {
        if let inputs {
            guard inputs.reference != target?.reference else {
                throw DatasetError(
                    .mismatch, inputs.reference, "it cannot be inputs and targets at the same time",
                    advice: "choose two arrays")
            }
            guard inputs.type != "text" else {
                throw DatasetError(
                    .mismatch, inputs.reference, "it has texts, but inputs are numbers",
                    advice: "choose another array with --inputs")
            }
            guard 1...mostExtents ~= inputs.extents.count else {
                throw DatasetError(
                    .mismatch, inputs.reference,
                    "it has shape \(inputs.extents), but inputs have 1 to \(mostExtents) extents",
                    advice: "choose another array with --inputs")
            }
        }
        guard let target, !(1...2 ~= target.extents.count) else { return }
        throw DatasetError(
            .mismatch, target.reference,
            "it has shape \(target.extents), but targets have shape [N] or [N, K]",
            advice: "choose another array with --target")
    }

    private static func find(_ name: String?, in entries: [Entry]) throws(DatasetError) -> Entry? {
        guard let name else { return nil }
        if let entry = entries.first(where: { $0.reference == name || $0.name == name }) {
            return entry
        }
        if let entry = entries.first(where: { $0.name == "/" + name }) { return entry }
        throw DatasetError(
            .missing, entries.first?.path, "there is no array '\(name)'",
            advice: "the arrays are \(list(entries.map(\.reference)))")
    }

    /// The last part of an array's name, in lower case.
    private static func lastName(_ entry: Entry) -> String {
        let name = (entry.name ?? entry.path).split(separator: "/").last.map(String.init) ?? ""
        return name.split(separator: ".").first.map { $0.lowercased() } ?? ""
    }

    private static func list(_ names: [String]) -> String {
        let text = names.prefix(mostListed).joined(separator: ", ")
        return names.count > mostListed ? "\(text) and \(names.count - mostListed) more" : text
    }

    /// Which arrays were chosen, if others are possible.
    var notes: [String] {
        [
            ("inputs", "--inputs", inputs, otherInputs), ("targets", "--target", target, otherTargets),
        ].compactMap { kind, option, entry, others in
            others.isEmpty
                ? nil
                : "the run file takes \(entry.reference) as \(kind); also possible: \(Self.list(others.map { $0.reference(beside: entry) })); "
                    + "choose with \(option) NAME, or in the run file"
        }
    }

    /// A comment of a run file about other arrays than the one of the next line.
    private static func comment(_ others: [String], _ option: String) -> [String] {
        others.isEmpty
            ? [] : ["  # also possible: \(list(others)) (lockstep describe \(option) NAME)".printable]
    }

    /// A run file; nil if the targets cannot be learned.
    func runFile(_ format: FileFormat) -> String? {
        let isWide = target.extents.count > 1 && target.extents[1] > 1
        let areWhole = target.areWhole && target.smallest >= 0
        let isClass =
            !isWide
            && (target.type == "text"
                || areWhole && (target.classes.map { $0 <= 1000 } ?? false)
                    && (target.type != "float32" && target.type != "float64" || (target.classes ?? 0) <= 20))
        guard !isClass || target.classes ?? 0 >= 2, isClass || target.type != "text" else { return nil }
        let isHDF5 = format == .hdf5 && inputs.path == target.path
        func comment(_ others: [Entry], _ option: String) -> [String] {
            // As the key of the next line takes them.
            Self.comment(others.map { isHDF5 ? $0.reference(beside: inputs) : $0.reference }, option)
        }
        let (inputComment, targetComment) = (
            comment(otherInputs, "--inputs"), comment(otherTargets, "--target")
        )
        var lines: [String]
        switch format {
        case .idx:
            guard isClass else { return nil }
            lines =
                ["idx:"] + inputComment + ["  train_images: \(Description.yaml(inputs.path))"]
                + targetComment + ["  train_labels: \(Description.yaml(target.path))"]
        case .hdf5 where isHDF5:
            lines =
                ["hdf5:", "  train: \(Description.yaml(inputs.path))"]
                + inputComment + ["  inputs: \(Description.yaml(inputs.name ?? ""))"]
                + targetComment + ["  targets: \(Description.yaml(target.name ?? ""))"]
        default:
            lines =
                ["npy:"] + inputComment + ["  train_inputs: \(Description.yaml(inputs.reference))"]
                + targetComment + ["  train_targets: \(Description.yaml(target.reference))"]
        }
        if !isClass {
            let isFlags = isWide && areWhole && (target.classes ?? 3) <= 2
            lines.append("  task: \(isFlags ? "multi_label" : "regression")")
        }
        if target.extents[0] >= 20 { lines.append("  validation: 0.2") }
        return """
            model:
              mlp: {hidden: [64, 64]}
            data:
            \(lines.map { "  \($0)\n" }.joined())batch: \(Description.batch(samples: target.extents[0]))
            epochs: 20
            optimizer: {adam: {learning_rate: 0.001}}

            """
    }
}
