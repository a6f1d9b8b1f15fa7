import Foundation
import LockstepContracts
import LockstepFiles
import LockstepReaders
import LockstepTimeline

/// Where decoded data are kept, so that they are decoded once and held once per host.
///
/// A file of the cache is named by what it was made from (paths, sizes and times of change of the sources, and the
/// recipe), is verified whenever it is opened, and made again when it is damaged. It may be deleted at any time; when a file is
/// added, those that nobody has opened for 90 days are.
public struct DataCache: Sendable {
    /// The folder; nil for the default.
    public let directory: String?
    /// Who is told when this process waits for another one to decode.
    let heartbeat: Heartbeat?

    /// A cache.
    /// - Parameters:
    ///   - heartbeat: who is told when this process waits for another one to decode; it belongs to the calling thread.
    ///   - directory: nil for `$XDG_CACHE_HOME/lockstep`, `~/.cache/lockstep`, or a folder for temporary files,
    ///     whichever is the first that can be written.
    public init(directory: String? = nil, heartbeat: Heartbeat? = nil) {
        self.heartbeat = heartbeat
        self.directory = directory
    }

    /// The decoded data of a recipe: mapped from the cache, or decoded and put there.
    ///
    /// Several processes may call this at the same time; one of them decodes. Where the cache cannot be written, the data
    /// are held in this process's memory and a warning says so.
    ///
    /// - Throws: `DataConfigurationError`; `DatasetError` for whatever is wrong with the files.
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
    ///   - columns: those of its table; nil for a network without them.
    ///   - narrowing: the conversion of its numbers; nil for a network that is still to be trained.
    ///   - classNames: the names of its classes; nil for a network that is still to be trained.
    func load(
        _ configuration: DataConfiguration, columns: CSVColumns?, narrowing: DataNarrowing?,
        classNames: [String]?
    ) throws -> LoadedData {
        guard let narrowing else { return try load(configuration) }
        // The data that it was trained on give the same values, and may be in the cache. Errors of another table as a
        // training table do not matter.
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

    /// The decoded test set of a recipe alone, in the place of the training data; nil where it has none in files of its own.
    func load(testOf configuration: DataConfiguration, _ format: TestFormat) throws -> LoadedData? {
        try configuration.validate()
        let configuration = try configuration.withoutAbsentTestTargets()
        let source = configuration.decodingOnly
        let files = try source.testFiles()
        guard !files.isEmpty else { return nil }
        let key =
            try Self.key(source, files: files)
            + (source.isTestUnlabeled ? "\nwithout targets of \(format.targetWidth) numbers" : "")
            + "\ntest set, \(format.classes) classes \(try Self.text(format.classNames)), "
            + "\(try Self.text(format.columns))"
            + "\n\(try Self.text(format.narrowing.isPlain ? nil : format.narrowing))"
        if source.table != nil, format.columns == nil { return nil }
        let plan = plan(configuration)
        return try load(named: "\(source.name)-test", key: key, plan) { () throws(DatasetError) in
            guard let content = try DecodedContent(testOf: source, format, plan: plan) else {
                brokenContract("DataCache: a test set without files")
            }
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

    /// Which inputs of a recipe are read from their files when they are needed; nil for none.
    private func plan(_ configuration: DataConfiguration) -> StreamPlan? {
        StreamPlan(configuration, folder: usableDirectory(), heartbeat: heartbeat)
    }

    /// The decoded data of a key: mapped from the cache, or decoded and put there.
    /// - Parameter plan: which inputs are not decoded; nil for none.
    private func load(
        named name: String, key: String, _ plan: StreamPlan? = nil,
        decode: () throws(DatasetError) -> DecodedContent
    ) throws -> LoadedData {
        let key = key + (plan?.key ?? "")
        var warnings: [String] = []
        guard let folder = usableDirectory() else {
            let place = directory.map { "cache folder \($0)" } ?? "any cache folder"
            warnings.append("cannot write \(place): the decoded data are held in the memory of each process")
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
            warnings.append("the cache file \(path) was damaged (\(reason)); it is made again")
        } catch {}
        let content = try decode()
        if let reason = CacheFile.write(content, key: key, to: path) {
            warnings.append(
                "cannot write the cache file \(path) (\(reason)): the decoded data are held in the memory of each process"
            )
            return LoadedData(content, warnings: warnings)
        }
        UnusedCacheFiles.remove(from: folder)
        do {
            return try Self.open(path, key: key, plan, warnings: warnings)
        } catch {
            warnings.append("the cache file \(path) cannot be read back: the decoded data are held in memory")
            return LoadedData(content, warnings: warnings)
        }
    }

    /// The decoded data of a file of the cache, with inputs that are read from their files.
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
                // The file has other contents, or what was unpacked is gone: the description is made again.
                throw .other
            }
        }
        return LoadedData(
            header, in: block, streams: (try stream(header.training), try stream(header.test)),
            warnings: warnings)
    }

    /// What decoded data depend on: the recipe, and path, size and time of change of each source.
    private static func key(_ source: DataConfiguration, files: [String]) throws -> String {
        var key = try text(source)
        for file in files {
            var status = stat()
            // A missing file is reported by its reader, which knows what it is for.
            guard stat(file, &status) == 0 else { continue }
            let resolved = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
            key += "\n\(resolved) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return key
    }

    /// Something as JSON, always in the same order.
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

    /// Whether a folder exists or can be made, and can be written.
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
