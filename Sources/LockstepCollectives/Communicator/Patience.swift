import Glibc

/// What to do between two looks at something that other processes have to do: look again at once, then let others have the
/// core, and when it takes long, sleep.
struct Patience {
    private var looks = 0

    /// To be called after each look.
    mutating func after(progress: Bool) {
        if progress {
            looks = 0
            return
        }
        looks += 1
        // A long message between ranks of one host needs a look for each of its pieces: a sleep would hold up all of them.
        if looks > 22_000 {
            // It has been more than a second: another rank is busy with something else, or gone.
            usleep(5000)
        } else if looks > 20_000 {
            usleep(500)
        } else if looks > 100 {
            sched_yield()
        }
    }
}
