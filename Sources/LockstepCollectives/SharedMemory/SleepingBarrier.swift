/// A barrier of all ranks at which a rank sleeps: for waits of seconds in which other ranks use the cores.
///
/// On one host ranks sleep in the kernel until the last one arrives. Between hosts, or without shared memory,
/// they poll for messages every half millisecond, later every five.
package final class SleepingBarrier {
    private let communicator: Communicator
    private let segment: SharedSegment?
    private let barrier: HostBarrier?

    /// Collective.
    package init(communicator: Communicator) throws(CollectiveError) {
        self.communicator = communicator
        guard communicator.size > 1, communicator.hostCount == 1 else {
            (segment, barrier) = (nil, nil)
            return
        }
        let region = SharedRegion("barrier", byteCount: HostBarrier.byteCount)
        switch try SharedSegment.make([region], communicator: communicator) {
        case .success(let made):
            segment = made
            barrier = HostBarrier(memory: made.region("barrier"), count: communicator.size)
        case .failure: (segment, barrier) = (nil, nil)
        }
    }

    /// Waits for all ranks.
    package func wait() throws(CollectiveError) {
        guard let barrier else { return try communicator.barrier() }
        barrier.wait()
    }
}
