import Foundation
import LockstepCheckpoints
import LockstepExperiment
import LockstepRunLog
import LockstepText

/// What a checkpoint holds, in words: what `lockstep inspect` prints.
public struct CheckpointReport: Sendable {
    /// The checkpoint's directory.
    public let directory: String
    /// The report.
    public let text: String
    /// What the checksums say is wrong, a message for each damaged file, and at the end what to do; empty when all is well, or
    /// where they were not to be checked.
    public let damages: [String]

    /// Reads what there is to say about a checkpoint; its tensors' values are not read.
    ///
    /// - Parameters:
    ///   - path: the directory of a checkpoint, or of a run, whose newest checkpoint is then taken.
    ///   - verify: whether sizes and checksums of all files are checked: of every checkpoint where `path` is a run's.
    /// - Throws: `CheckpointError` when there is no checkpoint, or, without `verify`, one that is damaged.
    public init(_ path: String, verify: Bool) throws {
        let place = try Self.place(path)
        directory = place.directory
        guard verify else {
            do {
                text = try Self.text(of: place.directory, checks: ["not checked; --verify does"])
            } catch let error as CheckpointError {
                throw CheckpointFinder.unusable(place.directory, error)
            }
            damages = []
            return
        }
        let verification =
            place.store.map { CheckpointVerification(of: $0) }
            ?? CheckpointVerification(checkpoint: place.directory)
        damages = verification.damages
        do {
            text = try Self.text(of: place.directory, checks: verification.lines)
        } catch  where !damages.isEmpty {
            // What it holds cannot be told any more; what is wrong with it is told.
            text = Self.facts([("checkpoint", place.directory)], checks: verification.lines)
        }
    }

    /// The whole report.
    private static func text(of directory: String, checks: [String]) throws -> String {
        let manifest = try Manifest(reading: directory)
        let model = try SafetensorsFile("\(directory)/model.safetensors").header
        let optimizer = try SafetensorsFile("\(directory)/optimizer.safetensors").header
        let elements = model.entries.reduce(0) { $0 + $1.shape.reduce(1, *) }

        var facts: [(String, String)] = [("checkpoint", directory), ("step", "\(manifest.step)")]
        if let best = Self.best(of: directory) { facts.append(("best", best.text)) }
        facts.append(("tensors", "\(model.entries.count) of the model, with \(elements) elements"))
        facts += manifest.files.sorted { $0.key < $1.key }.map {
            ("file", "\($0.key), \($0.value.byteCount) bytes, CRC-32 \(String($0.value.crc32, radix: 16))")
        }
        facts += manifest.versions.sorted { $0.key < $1.key }.map { ("written by", "\($0.key) \($0.value)") }
        return Self.facts(facts, checks: checks)
            + "\nmodel.safetensors\n" + table(model) + "\noptimizer.safetensors\n" + table(optimizer)
            + "\n" + configuration(of: directory)
    }

    private static func facts(_ facts: [(String, String)], checks: [String]) -> String {
        TextTable.aligned((facts + checks.map { ("checksums", $0) }).map { [$0.0, $0.1] })
    }

    /// The checkpoint that a path means, and the store it is in if the path is that of a run.
    private static func place(_ path: String) throws -> (directory: String, store: CheckpointStore?) {
        try HomePath.require(path, option: "The checkpoint")
        if CheckpointFinder.isCheckpoint(path) { return (path, nil) }
        for store in [CheckpointStore("\(path)/checkpoints"), CheckpointStore(path)] {
            if let newest = store.directories().last { return (newest, store) }
        }
        throw CheckpointFinder.absent(path)
    }

    /// The best evaluation of the run up to the checkpoint; nil if there is none, or if the state cannot be read.
    private static func best(of directory: String) -> BestEvaluation? {
        let path = "\(directory)/state.json"
        guard let data = FileManager.default.contents(atPath: path),
            let state = try? StateSections(decoding: Array(data), path: path)
        else { return nil }
        return try? state.get(BestEvaluation.section, as: BestEvaluation.self)
    }

    private static func table(_ header: SafetensorsHeader) -> String {
        if header.entries.isEmpty { return "  no tensors\n" }
        return TextTable.aligned(header.entries.map { ["  \($0.name)", $0.type.rawValue, "\($0.shape)"] })
    }

    /// The run's configuration, which lies beside the checkpoints.
    private static func configuration(of directory: String) -> String {
        let path = "\(directory)/../../config.yaml"
        guard let data = FileManager.default.contents(atPath: path) else {
            return "no config.yaml: the checkpoint is not in the directory of a run\n"
        }
        return "config.yaml\n"
            + String(decoding: data, as: UTF8.self).split(separator: "\n").map { "  \($0.printable)\n" }
            .joined()
    }
}
