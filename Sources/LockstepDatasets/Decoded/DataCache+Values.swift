import Foundation
import LockstepFiles

extension DataCache {
    /// The contents of a file.
    private struct Stored: Codable {
        var key: String
        /// The value as JSON.
        var value: String
        /// Of the value: a damaged file is not used.
        var hash: String
    }

    /// A value that takes long to compute: read from the cache, or computed and stored there.
    ///
    /// One process of a host computes it while the others wait. If the cache cannot be written, each process computes it.
    /// - Parameters:
    ///   - key: what it depends on.
    ///   - isUsable: whether a value from a file can be used, since the file may be damaged.
    func value<Value: Codable>(
        named name: String, key: String, isUsable: (Value) -> Bool, compute: () throws -> Value
    ) throws -> Value {
        guard let folder = usableDirectory() else { return try compute() }
        let path = "\(folder)/\(name)-\(Self.hash(key)).data"
        func found() -> Value? {
            let value: Value? = Self.stored(path, key)
            return value.flatMap { isUsable($0) ? $0 : nil }
        }
        if let value = found() { return value }
        let lock = CacheLock(of: path, heartbeat: heartbeat)
        defer { withExtendedLifetime(lock) {} }
        if let value = found() { return value }
        let value = try compute()
        // JSON keeps the bits of 64-bit numbers. A file that cannot be written is computed again.
        if let json = try? String(decoding: JSONEncoder().encode(value), as: UTF8.self),
            let text = try? JSONEncoder().encode(Stored(key: key, value: json, hash: Self.hash(json)))
        {
            try? text.withUnsafeBytes { bytes in
                let file = try AtomicFile(replacing: path, isOwn: true)
                try file.write(bytes)
                try file.commit(isDurable: false)
            }
        }
        return value
    }

    private static func stored<Value: Codable>(_ path: String, _ key: String) -> Value? {
        guard let descriptor = try? SafeFile.open(path, O_RDONLY) else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
            let bytes = try? SafeFile.contents(path),
            let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)), stored.key == key,
            stored.hash == Self.hash(stored.value),
            let value = try? JSONDecoder().decode(Value.self, from: Data(stored.value.utf8))
        else { return nil }
        UnusedCacheFiles.touch(descriptor)
        return value
    }
}
