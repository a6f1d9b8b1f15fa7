import Glibc

/// Spaces out repeated polls: polls again at once, then yields the core, and after a long time sleeps.
struct Backoff {
    private var polls = 0

    /// Call it after each poll.
    mutating func after(progress: Bool) {
        if progress {
            polls = 0
            return
        }
        polls += 1
        // A long message between ranks of one host needs a poll for each of its pieces: a sleep would delay
        // all of them.
        if polls > 22_000 {
            // After more than a second another rank is busy with something else, or has ended.
            usleep(5000)
        } else if polls > 20_000 {
            usleep(500)
        } else if polls > 100 {
            sched_yield()
        }
    }
}
