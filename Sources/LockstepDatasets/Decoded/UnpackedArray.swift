import Foundation
import LockstepFiles
import LockstepReaders
import LockstepTimeline

/// A file of the cache with the unpacked numbers of a packed array, from which any sample can be read. Numbers are unpacked once, piece by
/// piece.
struct UnpackedArray {
    /// The file.
    let stamp: FileStamp

    /// Finds the file, or creates it.
    /// - Parameter folder: the cache folder; nil if no folder can be written.
    /// - Throws: `DatasetError` for an array that cannot be read, and for a full disk.
    init(
        _ array: ArrayName, _ place: ArrayPlace, _ packing: ArrayPlace.Packing, folder: String?,
        heartbeat: Heartbeat?
    ) throws(DatasetError) {
        let size = place.elementCount * place.element.byteCount
        let remedy =
            packing == .columns
            ? "write it in C order (numpy.ascontiguousarray)" : "write the array without compression"
        guard let folder else {
            throw DatasetError(
                .tooLarge, place.path,
                "it does not fit into the memory for data, and there is no writable cache folder to unpack it to",
                advice: "name a folder in XDG_CACHE_HOME, or \(remedy)")
        }
        let source = try FileStamp(array.path)
        let path = "\(folder)/unpacked-\(DataCache.hash("\(place.path) \(packing) \(source)")).data"
        if let stamp = Self.existing(path, size) {
            self.stamp = stamp
            return
        }
        let lock = CacheLock(of: path, heartbeat: heartbeat)
        defer { withExtendedLifetime(lock) {} }
        if let stamp = Self.existing(path, size) {
            self.stamp = stamp
            return
        }
        let advice = "free some space, name another folder in XDG_CACHE_HOME, or \(remedy)"
        try DiskSpace.require(size, in: folder, for: place.path, "unpacked", advice: advice)
        do {
            let file = try AtomicFile(replacing: path, isOwn: true)
            try ArrayPlace.unpack(array, packing) { (bytes) throws(DatasetError) in
                do throws(FileError) {
                    try file.write(bytes)
                } catch {
                    throw DatasetError(
                        .unreadable, place.path, "cannot be unpacked to \(path): \(error.words)",
                        advice: advice)
                }
            }
            try file.commit(isDurable: false)
        } catch let error as DatasetError {
            throw error
        } catch {
            throw DatasetError(
                .unreadable, place.path,
                "cannot be unpacked to \(path): \((error as? FileError)?.words ?? "\(error)")",
                advice: advice)
        }
        guard let stamp = Self.existing(path, size) else {
            throw DatasetError(
                .corrupt, place.path,
                "the unpacked file \(path) does not have the \(size) bytes that the header announces",
                advice: "fetch the file again")
        }
        self.stamp = stamp
    }

    /// The stamp of a file that is complete and belongs to this user; nil for any other.
    private static func existing(_ path: String, _ size: Int) -> FileStamp? {
        guard let descriptor = try? SafeFile.open(path, O_RDONLY) else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), Int(status.st_size) == size else {
            return nil
        }
        UnusedCacheFiles.touchAccess(descriptor)
        return try? FileStamp(path, descriptor)
    }
}

/// Checks the free space of a disk before a large file is written.
enum DiskSpace {
    /// The space that must remain free, in bytes.
    private static let margin = 64 << 20

    /// - Throws: `DatasetError` of kind `tooLarge` with both numbers.
    static func require(
        _ byteCount: Int, in folder: String, for file: String, _ what: String, advice: String
    ) throws(DatasetError) {
        guard let free = free(in: folder), byteCount > free - margin else { return }
        throw DatasetError(
            .tooLarge, file,
            "\(what) it takes \(MemoryNeed.text(byteCount)), but \(folder) has only \(MemoryNeed.text(free)) free",
            advice: advice)
    }

    /// The free space of a folder's disk in bytes; nil if unknown.
    static func free(in folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
