internal import CMPI

/// Messages in flight on one communicator.
final class PendingMessages {
    private let communicator: lockstep_mpi_comm
    /// This process's number in the world, for errors.
    private let rank: Int
    private var requests: UnsafeMutablePointer<lockstep_mpi_request>
    private var capacity = 16
    private var count = 0
    /// The messages sent so far.
    private(set) var traffic = MessageTraffic()

    /// The longest message in bytes; longer ones are split, since messages with the same tag keep their
    /// order.
    private let limit: Int

    /// MPI counts have 32 bits.
    static let longest = 1 << 30
    /// Short enough for Open MPI's eager protocol over TCP. In its rendezvous protocol the request and the
    /// reply would wait behind long messages in flight, and the link would carry one direction at a time. The
    /// receiver pays with a copy.
    static let unasked = 3 * 16384

    /// - Parameter limit: the longest message in bytes.
    init(communicator: lockstep_mpi_comm, rank: Int, limit: Int = PendingMessages.longest) {
        self.limit = limit
        self.communicator = communicator
        self.rank = rank
        requests = .allocate(capacity: capacity)
        requests.initialize(repeating: lockstep_mpi_no_request(), count: capacity)
    }

    deinit { requests.deallocate() }

    /// Whether no message is in flight.
    var isEmpty: Bool { count == 0 }

    /// Starts a send; the bytes must not change until `test` returns true.
    func send(_ bytes: UnsafeRawPointer, _ byteCount: Int, to peer: Int, tag: CInt) throws(CollectiveError) {
        traffic.add(byteCount: byteCount, limit: limit)
        var offset = 0
        while offset < byteCount {
            let part = min(limit, byteCount - offset)
            let status = lockstep_mpi_isend(
                bytes + offset, CInt(part), CInt(peer), tag, communicator, nextRequest())
            try check(status, "MPI_Isend", rank: rank)
            offset += part
        }
    }

    /// Starts a receive.
    func receive(
        _ bytes: UnsafeMutableRawPointer, _ byteCount: Int, from peer: Int, tag: CInt
    ) throws(CollectiveError) {
        var offset = 0
        while offset < byteCount {
            let part = min(limit, byteCount - offset)
            let status = lockstep_mpi_ireceive(
                bytes + offset, CInt(part), CInt(peer), tag, communicator, nextRequest())
            try check(status, "MPI_Irecv", rank: rank)
            offset += part
        }
    }

    /// Starts an `MPI_Iallreduce` sum in place.
    func sum(_ values: UnsafeMutablePointer<Float>, _ count: Int) throws(CollectiveError) {
        let status = lockstep_mpi_iallreduce_floats(values, CInt(count), communicator, nextRequest())
        try check(status, "MPI_Iallreduce", rank: rank)
    }

    /// Whether all messages are complete; lets MPI make progress.
    func test() throws(CollectiveError) -> Bool {
        if count == 0 { return true }
        var done: CInt = 0
        try check(lockstep_mpi_test_all(CInt(count), requests, &done), "a message between hosts", rank: rank)
        if done != 0 { count = 0 }
        return count == 0
    }

    private func nextRequest() -> UnsafeMutablePointer<lockstep_mpi_request> {
        if count == capacity {
            let larger = UnsafeMutablePointer<lockstep_mpi_request>.allocate(capacity: 2 * capacity)
            larger.initialize(from: requests, count: capacity)
            (larger + capacity).initialize(repeating: lockstep_mpi_no_request(), count: capacity)
            requests.deallocate()
            requests = larger
            capacity *= 2
        }
        requests[count] = lockstep_mpi_no_request()
        count += 1
        return requests + (count - 1)
    }
}
