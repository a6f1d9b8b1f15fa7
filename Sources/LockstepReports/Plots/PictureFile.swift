import Foundation
import LockstepCharts
import LockstepFiles
import LockstepRunLog

/// Writes a drawing to a file: SVG or PNG, according to its extension.
///
/// PNG is converted from SVG by `rsvg-convert` (Debian: librsvg2-bin), a separate program, so neither training nor SVG needs a
/// graphics library.
public struct PictureFile: Sendable {
    /// The formats.
    public enum Format: String, CaseIterable, Sendable {
        case svg, png
    }

    /// The scale of a PNG: pixels per unit of the drawing, enough for print.
    static let resolution = 2

    public let path: String
    public let format: Format

    /// - Throws: `ReportError` for a name that ends neither in `.svg` nor in `.png`.
    public init(_ path: String) throws(ReportError) {
        self.path = path
        let ending = URL(fileURLWithPath: path).pathExtension.lowercased()
        guard let format = Format(rawValue: ending) else {
            throw ReportError(
                "--output \(path): the name must end in .svg or .png, which selects the format.")
        }
        self.format = format
    }

    /// Throws unless the file can be written later, for images that take long to compute.
    public func requireWritable() throws {
        try LockstepRunLog.requireWritable(path, option: "--output")
        if format == .png { _ = try Self.converter() }
    }

    /// Writes the image.
    /// - Throws: `ReportError` if `rsvg-convert` is missing or fails; `RunLogError` if the file cannot be written.
    public func write(_ drawing: Drawing) throws {
        let svg = SVGWriter.text(drawing)
        switch format {
        case .svg: try replaceFile(path, with: svg, option: "--output")
        case .png:
            let bytes = try Self.png(svg)
            do throws(FileError) {
                let file = try AtomicFile(replacing: path)
                try bytes.write(to: file)
                try file.commit()
            } catch {
                throw ReportError("--output \(path) cannot be written: \(error.words)")
            }
        }
    }

    /// The path of `rsvg-convert`.
    private static func converter() throws(ReportError) -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in folders where folder.hasPrefix("/") {
            let path = "\(folder)/rsvg-convert"
            if access(path, X_OK) == 0 { return path }
        }
        throw ReportError(
            "PNG needs the program rsvg-convert, which is not in PATH. Install it (Debian: apt-get install librsvg2-bin), "
                + "or give a name that ends in .svg.")
    }

    /// The image as PNG.
    private static func png(_ svg: String) throws(ReportError) -> Data {
        let program = try converter()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        let output = Pipe()
        let result: Data
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let source = folder.appendingPathComponent("picture.svg")
            try Data(svg.utf8).write(to: source)
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["--zoom", "\(resolution)", "--format", "png", source.path]
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            result = try output.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw ReportError("\(program) cannot be run: \(error.localizedDescription)")
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0, !result.isEmpty else {
            throw ReportError(
                "\(program) failed with status \(process.terminationStatus) and wrote no image; write SVG instead."
            )
        }
        return result
    }
}

extension Data {
    fileprivate func write(to file: AtomicFile) throws(FileError) {
        var failure: FileError?
        withUnsafeBytes { bytes in
            do throws(FileError) { try file.write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
