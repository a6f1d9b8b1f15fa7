import Foundation

/// Checks the run directory for what checkpoints need: locks, fsync, rename, symbolic links, and space.
package struct RunDirectoryCheck: MachineCheck {
    package let name = "run directory"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        guard let wanted = machine.runDirectory else {
            return [ok("not given (--run-dir)")]
        }
        let place = Self.nearest(wanted)
        let folder = place + "/.lockstep-doctor-\(getpid())"
        guard mkdir(folder, 0o700) == 0 else {
            let reason = String(cString: strerror(errno))
            return [
                problem(
                    "\(wanted) cannot be written: \(place): \(reason)",
                    advice: "Give this user write permission, mount it, or choose another --run-dir.")
            ]
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var findings: [Finding] = []
        do {
            var probe = DirectoryProbe(folder)
            let seconds = try probe.run()
            findings += probe.lacks.map { lack in
                warning(
                    "\(place): \(lack.operation) fails: \(lack.reason)",
                    advice: "A run continues without it; another file system supports it.")
            }
            let isThere = FileManager.default.fileExists(atPath: wanted)
            let missing = isThere ? "" : "\(wanted) does not exist yet; "
            let text =
                "\(missing)\(place): \(probe.lacks.isEmpty ? "locks and fsync work" : "files can be written"); "
                + "fsync of 1 MiB takes \(TextNumber.short(seconds * 1000)) ms"
            findings.append(
                seconds < 0.5
                    ? ok(text)
                    : warning(
                        text,
                        advice:
                            "Checkpoints will be slow: use a faster file system, or write them less often."))
        } catch {
            findings.append(
                problem(
                    "\(place): \(error.operation) fails: \(error.reason)",
                    advice: "Checkpoints rely on it: choose a --run-dir on another file system."))
        }
        if let volume = machine.volume(place), volume.free < 1 << 30 {
            findings.append(
                warning(
                    "\(place): \(TextNumber.bytes(volume.free)) free",
                    advice:
                        "A checkpoint takes about 12 bytes per parameter with Adam, and `keep` of them stay: make room."
                ))
        }
        return findings
    }

    /// The directory, or its nearest existing parent.
    package static func nearest(_ path: String) -> String {
        var place = URL(fileURLWithPath: path).standardizedFileURL
        while !FileManager.default.fileExists(atPath: place.path) && place.path != "/" {
            place.deleteLastPathComponent()
        }
        return place.path
    }
}
