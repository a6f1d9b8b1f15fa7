import Foundation
import LockstepConfiguration
import LockstepContracts
import LockstepFiles
import LockstepReaders
import LockstepTimeline

/// The cache of decoded data: data are decoded once, and held in memory once per host.
///
/// The name of a cache file depends on its sources (paths, sizes and modification times) and on the
/// recipe. It is verified whenever it is opened, and made again if it is damaged. It may be deleted at any time. When a file is
/// added, files that have not been opened for 90 days are deleted.
public struct DataCache: Sendable {
    /// The folder; nil for the default.
    public let directory: String?
    /// Records when this process waits for another one to decode.
    let heartbeat: Heartbeat?

    /// Makes a cache.
    /// - Parameters:
    ///   - heartbeat: records when this process waits for another one to decode; it belongs to the calling thread.
    ///   - directory: nil for `$XDG_CACHE_HOME/lockstep`, `~/.cache/lockstep`, or a folder for temporary files,
    ///     the first of these that can be written.
    public init(directory: String? = nil, heartbeat: Heartbeat? = nil) {
        self.heartbeat = heartbeat
        self.directory = directory
    }

    /// The decoded data of a recipe: mapped from the cache, or decoded and stored there.
    ///
    /// Several processes may call this at the same time; one of them decodes. If the cache cannot be written, the data
    /// are held in this process's memory, with a warning.
    ///
    /// - Throws: `ComponentError`; `DatasetError` for files that cannot be read or are invalid.
    public func load(_ configuration: DataConfiguration) throws -> LoadedData {
        try configuration.validate()
        let source = configuration.decodingOnly
        let plan = plan(configuration)
        return try load(
            named: source.name, key: try Self.key(source, files: try source.sourceFiles()), plan
        ) { () throws(DatasetError) in try DecodedContent(source, plan: plan) }
    }

    /// The decoded data of a recipe for a trained network: read with the columns, categories and classes that the
    /// network was trained on, and with the same conversion of numbers.
    /// - Parameters:
    ///   - columns: the columns of its table; nil if it was not trained on a table.
    ///   - narrowing: the conversion of its numbers; nil if it has not been trained yet.
    ///   - classNames: the names of its classes; nil if it has not been trained yet.
    func load(
        _ configuration: DataConfiguration, columns: CSVColumns?, narrowing: DataNarrowing?,
        classNames: [String]?
    ) throws -> LoadedData {
        guard let narrowing else { return try load(configuration) }
        // Its training data give the same values and may be in the cache. Errors that another table has as a
        // training table are ignored.
        if let content = try? load(configuration), columns == nil || content.columns == columns,
            content.training.narrowing == narrowing,
            classNames == nil || content.classNames.isEmpty || content.classNames == classNames
        {
            return content
        }
        let source = configuration.decodingOnly
        let key =
            try Self.key(source, files: try source.sourceFiles())
            + "\n\(try Self.text(columns))\n\(try Self.text(narrowing))\n\(try Self.text(classNames))"
        let plan = plan(configuration)
        return try load(named: source.name, key: key, plan) { () throws(DatasetError) in
            try DecodedContent(
                source, columns: columns, narrowing: narrowing, classNames: classNames, plan: plan)
        }
    }

    /// The decoded test set of a recipe alone, in place of the training data; nil if the recipe has no separate test files.
    func load(testOf configuration: DataConfiguration, _ format: TestFormat) throws -> LoadedData? {
        try configuration.validate()
        let (configuration, note) = try configuration.withoutAbsentTestTargets()
        let source = configuration.decodingOnly
        let files = try source.testFiles()
        guard !files.isEmpty else { return nil }
        let key =
            try Self.key(source, files: files)
            + (source.isTestUnlabeled ? "\nwithout targets of \(format.targetWidth) numbers" : "")
            + (note.map { "\n\($0)" } ?? "")
            + "\ntest set, \(format.classes) classes \(try Self.text(format.classNames)), "
            + "\(try Self.text(format.columns))"
            + "\n\(try Self.text(format.narrowing.isPlain ? nil : format.narrowing))"
        if source.table != nil, format.columns == nil { return nil }
        let plan = plan(configuration)
        return try load(named: "\(source.name)-test", key: key, plan) { () throws(DatasetError) in
            guard var content = try DecodedContent(testOf: source, format, plan: plan) else {
                brokenContract("DataCache: a test set without files")
            }
            if let note { content.notes.append(note) }
            return content
        }
    }

    /// The decoded steps of sequences, without targets: see `DecodedContent.steps`.
    func loadSteps(
        of recipe: DataConfiguration.Sequences, isTestOnly: Bool, narrowing: NumberNarrowing??
    ) throws -> LoadedData {
        guard case .sequences(let recipe) = DataConfiguration.sequences(recipe).decodingOnly else {
            brokenContract("DataCache: sequences without their recipe")
        }
        let files = try DataConfiguration.arrayPaths(
            isTestOnly ? nil : recipe.trainInputs, isTestOnly ? nil : recipe.trainLengths,
            isTestOnly ? nil : recipe.validationInputs, isTestOnly ? nil : recipe.validationLengths,
            recipe.testInputs, recipe.testLengths)
        let key =
            try Self.key(.sequences(recipe), files: files)
            + "\nsteps\(isTestOnly ? " of the test set" : "")"
            + (narrowing.map { "\n\(try Self.text($0))" } ?? "")
        return try load(named: "sequences-steps", key: key) { () throws(DatasetError) in
            try DecodedContent.steps(recipe, isTestOnly: isTestOnly, narrowing: narrowing)
        }
    }

    /// Determines which inputs of a recipe are read from their files when they are needed; nil for none.
    private func plan(_ configuration: DataConfiguration) -> StreamPlan? {
        StreamPlan(configuration, folder: usableDirectory(), heartbeat: heartbeat)
    }

    /// The decoded data of a key: mapped from the cache, or decoded and stored there.
    /// - Parameter plan: the inputs that are not decoded; nil for none.
    func load(
        named name: String, key: String, _ plan: StreamPlan? = nil,
        decode: () throws(DatasetError) -> DecodedContent
    ) throws -> LoadedData {
        let key = key + (plan?.key ?? "")
        var warnings: [String] = []
        guard let folder = usableDirectory() else {
            let problem =
                directory.map { "the cache folder \($0) cannot be written" }
                ?? "no cache folder can be written"
            warnings.append("\(problem): each process holds its own copy of the decoded data in memory")
            return try LoadedData(decode(), warnings: warnings)
        }
        let path = "\(folder)/\(name)-\(Self.hash(key)).data"
        do {
            return try Self.open(path, key: key, plan, warnings: [])
        } catch {}
        // One process decodes; the others wait here and then find the file.
        let lock = CacheLock(of: path, heartbeat: heartbeat)
        defer { withExtendedLifetime(lock) {} }
        do {
            return try Self.open(path, key: key, plan, warnings: [])
        } catch .damaged(let reason) {
            warnings.append("the cache file \(path) was damaged (\(reason)) and has been replaced")
        } catch {}
        let content = try decode()
        if let reason = CacheFile.write(content, key: key, to: path) {
            warnings.append(
                "the cache file \(path) cannot be written (\(reason)): each process holds its own copy of the decoded data in memory"
            )
            return LoadedData(content, warnings: warnings)
        }
        UnusedCacheFiles.remove(from: folder)
        do {
            return try Self.open(path, key: key, plan, warnings: warnings)
        } catch {
            warnings.append(
                "the cache file \(path) cannot be read back: each process holds its own copy of the decoded data in memory"
            )
            return LoadedData(content, warnings: warnings)
        }
    }

    /// The decoded data in a cache file whose inputs are read from their files.
    private static func open(
        _ path: String, key: String, _ plan: StreamPlan?, warnings: [String]
    ) throws(CacheFile.Refusal) -> LoadedData {
        let (header, block) = try CacheFile.open(path, key: key)
        func stream(_ part: CacheHeader.Part?) throws(CacheFile.Refusal) -> SampleStream? {
            guard let part, let rows = part.stream else { return nil }
            guard let plan else { throw .other }
            do throws(DatasetError) {
                return try plan.open(rows, narrowing: part.narrowing.inputs, checksum: part.inputs.crc)
            } catch {
                // A source has changed, or an unpacked file is gone: the description is made again.
                throw .other
            }
        }
        return LoadedData(
            header, in: block, streams: (try stream(header.training), try stream(header.test)),
            warnings: warnings)
    }

    /// The key of decoded data: the recipe, and the path, size and modification time of each source.
    static func key(_ source: DataConfiguration, files: [String]) throws -> String {
        var key = try text(source)
        for file in files {
            var status = stat()
            // A missing file is reported by its reader, with a better message.
            guard stat(file, &status) == 0 else { continue }
            let resolved = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
            key += "\n\(resolved) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return key
    }

    /// A value as JSON with sorted keys.
    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// FNV-1a, 64 bits, in hexadecimal.
    static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    func usableDirectory() -> String? {
        if let directory { return Self.isUsable(directory) ? directory : nil }
        let environment = ProcessInfo.processInfo.environment
        var candidates: [String] = []
        if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
            candidates.append("\(base)/lockstep")
        }
        if let home = environment["HOME"], home.hasPrefix("/") {
            candidates.append("\(home)/.cache/lockstep")
        }
        candidates.append("\(environment["TMPDIR"] ?? "/tmp")/lockstep-\(getuid())")
        return candidates.first { Self.isUsable($0) && Self.isOwn($0) }
    }

    /// Whether a folder belongs to this user and is not writable by all: in a shared folder another user could have
    /// created it, or a link to a folder of this user.
    static func isOwn(_ path: String) -> Bool {
        var status = stat()
        return (try? TrustedFolder.require(path)) != nil && stat(path, &status) == 0
            && status.st_uid == geteuid()
    }

    /// Whether a folder exists or can be created, and is writable.
    static func isUsable(_ path: String) -> Bool {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            return false
        }
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            && access(path, W_OK | X_OK) == 0
    }
}
