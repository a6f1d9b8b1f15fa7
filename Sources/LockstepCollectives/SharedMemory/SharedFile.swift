import Glibc

/// The unnamed file behind a shared segment, and its first error.
///
/// After an error the other calls do nothing, so that all ranks make the same collective calls.
final class SharedFile {
    /// The name while the file has one; empty before `create`.
    private(set) var name = ""
    /// What failed, with the system's error text.
    private(set) var problem: String?
    private var descriptor: Int32 = -1
    private var isNamed = false

    deinit {
        unlink()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Creates a file of this size, without any page.
    func create(byteCount: Int) {
        name = "/lockstep-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        descriptor = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0o600)
        guard descriptor >= 0 else { return fail("shm_open", errno) }
        isNamed = true
        guard ftruncate(descriptor, byteCount) == 0 else { return fail("ftruncate", errno) }
        var volume = statvfs()
        guard fstatvfs(descriptor, &volume) == 0 else { return fail("fstatvfs", errno) }
        // Zero blocks mean no limit. Checked before allocating pages: a full /dev/shm would harm other
        // programs.
        let free = Int(volume.f_bavail) * Int(volume.f_frsize)
        if volume.f_blocks > 0 && free < byteCount {
            problem =
                "/dev/shm has \(free >> 20) MiB free, and \((byteCount + 0xF_FFFF) >> 20) MiB are needed"
        }
    }

    /// Opens the file that another rank created; an empty name means that creation failed.
    func open(_ name: String) {
        guard !name.isEmpty else { return }
        descriptor = shm_open(name, O_RDWR, 0)
        if descriptor < 0 { fail("shm_open", errno) }
    }

    /// Removes the name; processes that have opened the file keep it.
    func unlink() {
        guard isNamed else { return }
        isNamed = false
        if shm_unlink(name) != 0 { fail("shm_unlink", errno) }
    }

    /// Allocates pages on this rank's memory node: a page missing at first use would raise SIGBUS.
    func allocate(offset: Int, byteCount: Int) {
        guard problem == nil, byteCount > 0 else { return }
        var status = posix_fallocate(descriptor, offset, byteCount)
        while status == EINTR { status = posix_fallocate(descriptor, offset, byteCount) }
        if status != 0 { fail("/dev/shm has no room for \(byteCount >> 10) KiB more", status) }
    }

    /// Maps the whole file.
    func map(byteCount: Int) -> UnsafeMutableRawPointer? {
        guard problem == nil else { return nil }
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        if address == MAP_FAILED {
            fail("mmap", errno)
            return nil
        }
        return address
    }

    private func fail(_ operation: String, _ status: Int32) {
        if problem == nil { problem = "\(operation): \(String(cString: strerror(status)))" }
    }
}
