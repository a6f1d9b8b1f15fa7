import Foundation
import LockstepFiles
import LockstepReaders
import LockstepTimeline

/// Copies of data files on a local disk of the host, which all its ranks read.
///
/// A copy is complete or does not exist. Its name depends on path, size, modification time and sampled contents of its file, so a changed
/// file is copied again.
struct StagedFiles {
    /// The subfolder of this user in the folder that the run file names.
    let folder: String
    private let heartbeat: Heartbeat?
    private let key: String

    /// - Parameters:
    ///   - place: a folder; it may begin with an environment variable: `$TMPDIR`, `${TMPDIR}/data`.
    ///   - key: the path of the key in messages.
    /// - Throws: `DatasetError` for a variable that is not set, and for a folder that cannot be used.
    init(_ place: String, key: String, heartbeat: Heartbeat?) throws(DatasetError) {
        let parent = try Self.expanded(place, key: key)
        folder = "\(parent)/lockstep-\(geteuid())"
        (self.heartbeat, self.key) = (heartbeat, key)
        guard DataCache.isUsable(folder), DataCache.isOwn(folder) else {
            throw DatasetError(
                .unreadable, parent,
                "\(key): the folder \(folder) cannot be created or written, or belongs to another user",
                advice: "name a folder on a disk of this host that you can write")
        }
    }

    private static func expanded(_ place: String, key: String) throws(DatasetError) -> String {
        guard place.hasPrefix("$") else { return place }
        let isBraced = place.hasPrefix("${")
        let rest = place.dropFirst(isBraced ? 2 : 1)
        let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        var tail = rest.dropFirst(name.count)
        if isBraced { tail = tail.first == "}" ? tail.dropFirst() : "?" }
        guard tail.isEmpty || tail.hasPrefix("/") else {
            throw DatasetError(
                .format, place, "\(key): this is not the path of a folder",
                advice: "write variables as in $TMPDIR or ${TMPDIR}/data")
        }
        guard let value = ProcessInfo.processInfo.environment[String(name)], value.hasPrefix("/") else {
            throw DatasetError(
                .missing, place,
                "\(key): on this host the environment variable \(name) is not set to a folder",
                advice: "set it for all ranks, or name a folder")
        }
        return value + tail
    }

    /// Copies files that have no copy yet. One process of a host copies while the others wait.
    /// - Returns: the copies, in the order of the files.
    /// - Throws: `DatasetError` of kind `tooLarge` for a disk without enough space for all of them.
    func copies(of files: [FileStamp]) throws(DatasetError) -> [FileStamp] {
        if let all = existing(files) { return all }
        let lock = CacheLock(of: folder + "/staging", heartbeat: heartbeat)
        defer { withExtendedLifetime(lock) {} }
        if let all = existing(files) { return all }
        UnusedCacheFiles.remove(from: folder)
        var missing: [FileStamp] = []
        for file in files where existing(file) == nil && !missing.contains(file) { missing.append(file) }
        let advice = "free some space on its disk, name another folder, or leave \(key) out"
        try DiskSpace.require(
            missing.reduce(0) { $0 + $1.byteCount }, in: folder, for: missing.first?.path ?? folder,
            missing.count == 1 ? "copied" : "with \(missing.count - 1) other files copied", advice: advice)
        var complete: [AtomicFile] = []
        do throws(DatasetError) {
            for file in missing {
                try complete.append(copy(file, advice: advice))
                guard complete.count == Self.mostOpen else { continue }
                try commit(&complete, advice: advice)
            }
            try commit(&complete, advice: advice)
        } catch {
            // On a full disk, copies that no other process can have seen are given up. Otherwise the next start uses them.
            if error.kind != .tooLarge { try? commit(&complete, advice: advice) }
            throw error
        }
        guard let all = existing(files) else {
            throw DatasetError(
                .corrupt, folder, "\(key): the copies differ from their files", advice: "check the disk")
        }
        return all
    }

    /// The maximum number of complete copies that have no name yet, since each is an open file.
    private static let mostOpen = 64

    /// Names complete copies, from which moment all processes use them.
    private func commit(_ files: inout [AtomicFile], advice: String) throws(DatasetError) {
        defer { files = [] }
        for file in files {
            do throws(FileError) {
                try file.commit(isDurable: false)
            } catch {
                throw DatasetError(
                    Self.kind(error), file.path, "the copy cannot be written: \(error.words)", advice: advice)
            }
        }
    }

    private static func kind(_ error: FileError) -> DatasetError.Kind {
        error.code == ENOSPC || error.code == EDQUOT ? .tooLarge : .unreadable
    }

    private func existing(_ files: [FileStamp]) -> [FileStamp]? {
        var copies: [FileStamp] = []
        for file in files {
            guard let copy = existing(file) else { return nil }
            copies.append(copy)
        }
        return copies
    }

    private func existing(_ file: FileStamp) -> FileStamp? {
        guard let descriptor = try? SafeFile.open(path(file), O_RDONLY) else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
            let copy = try? FileStamp(path(file), descriptor), copy.hasSameContents(as: file)
        else { return nil }
        UnusedCacheFiles.touchAccess(descriptor)
        return copy
    }

    private func path(_ file: FileStamp) -> String { "\(folder)/staged-\(DataCache.hash("\(file)")).data" }

    /// - Returns: the complete copy, which has no name yet.
    private func copy(_ file: FileStamp, advice: String) throws(DatasetError) -> AtomicFile {
        func failure(_ reason: String, _ kind: DatasetError.Kind = .unreadable) -> DatasetError {
            DatasetError(
                kind, file.path, "cannot be copied to \(path(file)): \(reason)", advice: advice)
        }
        let source = open(file.path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(source) }
        posix_fadvise(source, 0, 0, POSIX_FADV_SEQUENTIAL)
        do {
            let target = try AtomicFile(replacing: path(file), isOwn: true)
            let piece = MemoryBlock(count: 4 << 20)
            var copied = 0
            while true {
                let count = read(source, piece.address, piece.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
                if count == 0 { break }
                try target.write(UnsafeRawBufferPointer(start: piece.address, count: count))
                copied += count
            }
            guard copied == file.byteCount, file.isUnchanged(source) else {
                throw failure("it changed while it was copied")
            }
            return target
        } catch let error as DatasetError {
            throw error
        } catch {
            let space = DiskSpace.free(in: folder).map {
                "; the file has \(MemoryNeed.text(file.byteCount)), and \(folder) has \(MemoryNeed.text($0)) free"
            }
            let fileError = error as? FileError
            throw failure(
                "\(fileError?.words ?? "\(error)")\(space ?? "")", fileError.map(Self.kind) ?? .unreadable)
        }
    }
}
