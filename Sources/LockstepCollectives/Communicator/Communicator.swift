internal import CMPI
import Foundation
import LockstepContracts
import LockstepFaults
import LockstepProcess
import LockstepTimeline

/// The ranks of a run, numbered by (host, rank on the host), and collective calls for set-up.
///
/// Without a launcher there is one rank, which does not initialize MPI. Not thread-safe.
///
/// From its creation to `finalize`, ranks watch each other: if a rank dies, or makes no progress for
/// `LOCKSTEP_TIMEOUT` seconds (default 600; 0: never) while the others wait for it, the job ends with a
/// report and status 75. Within `DataParallel.step` a change of the step's phase is progress; elsewhere
/// processor time and bytes read count, too.
public final class Communicator {
    /// The rank of this process, 0 ..< size. Ranks of one host are consecutive, whatever the mapping of
    /// mpirun.
    public let rank: Int
    /// The number of ranks.
    public let size: Int
    /// The number of this rank's host, 0 ..< hostCount.
    public let hostIndex: Int
    /// The number of hosts.
    public let hostCount: Int
    /// The number of this rank on its host.
    public let localRank: Int
    /// The number of ranks on this host.
    public let localSize: Int
    /// The host number of every rank.
    public let hostOfRank: [Int]

    let world: lockstep_mpi_comm?
    let usesMPI: Bool
    /// The handler of broken contracts; nil for a communicator of one rank beside the main one.
    private let contractHandler: ContractHandler?
    /// The communicators of lanes, with and without shared memory, by channel: created once and reused, since
    /// MPI's supply is limited.
    private var lanes: [LaneKey: lockstep_mpi_comm] = [:]
    /// The measured network between hosts: measured once.
    package var link: MeasuredLink?
    /// The channels in use.
    private var channels: Set<Int> = []

    private struct LaneKey: Hashable {
        var isShared: Bool
        var channel: Int
    }
    /// For measurements: the part of a host's slices that this single rank owns; nil for none.
    package let share: Share?

    /// Part `number` of `count` parts.
    package struct Share: Sendable {
        package var number: Int
        package var count: Int

        package init(number: Int, of count: Int) {
            self.number = number
            self.count = count
        }
    }

    /// Connects the ranks that the launcher started; one rank without a launcher. Collective.
    /// - Parameter hostGrouping: the number of hosts to simulate; for tests.
    /// - Throws: `CollectiveError` when MPI fails, or when the launcher's environment names more ranks than
    ///   MPI sees.
    public init(hostGrouping: Int? = nil) throws(CollectiveError) {
        let environment = LauncherEnvironment()
        guard environment.isLaunched else {
            if let expected = environment.expected, expected.size > 1 {
                throw .launcherMismatch(expected: expected.size, variable: expected.variable)
            }
            (rank, size, hostIndex, hostCount, localRank, localSize) = (0, 1, 0, 1, 0, 1)
            (hostOfRank, world, usesMPI, share) = ([0], nil, false, nil)
            contractHandler = ContractHandler(prefix: "", abort: nil)
            return
        }
        var provided: CInt = 0
        try check(lockstep_mpi_initialize(&provided), "MPI_Init_thread", rank: 0)
        guard provided >= lockstep_mpi_thread_multiple() else { throw .threadSupport }
        let layout = try RankLayout(hostGrouping: hostGrouping)
        if layout.size == 1, let expected = environment.expected, expected.size > 1 {
            throw .launcherMismatch(expected: expected.size, variable: expected.variable)
        }
        rank = layout.rank
        size = layout.size
        hostOfRank = layout.hostOfRank
        hostIndex = layout.hostOfRank[layout.rank]
        hostCount = (layout.hostOfRank.last ?? 0) + 1
        let host = hostIndex
        localSize = layout.hostOfRank.count { $0 == host }
        localRank = layout.hostOfRank[..<layout.rank].count { $0 == host }
        world = layout.communicator
        usesMPI = true
        share = nil
        contractHandler = ContractHandler(
            prefix: size > 1 ? "rank \(rank) on \(Communicator.hostName)" : "", abort: MPILibrary.abort)
        if size > 1 { loopWatch = try LoopWatch.start(self) }
        heartbeat = loopWatch?.heartbeat
        // Property observers do not run in an initializer.
        contractHandler?.keep(in: heartbeat)
        contractHandler?.remove(loopWatch?.folder)
    }

    private init(alone share: Share) {
        (rank, size, hostIndex, hostCount, localRank, localSize) = (0, 1, 0, 1, 0, 1)
        (hostOfRank, world, usesMPI, self.share) = ([0], nil, false, share)
        contractHandler = nil
    }

    /// A communicator of this process alone, beside the one of the launcher: for measurements without
    /// communication.
    /// - Parameter share: the part of the gradients to square and of the parameters to update; the rest stays
    ///   unchanged.
    package static func alone(share: Share) -> Communicator { Communicator(alone: share) }

    /// The name of this host.
    public var hostName: String { Communicator.hostName }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The MPI library's name and version; nil without MPI.
    public var libraryVersion: String? {
        usesMPI ? MPILibrary.version : nil
    }

    /// The heartbeat that records waits in collective calls; nil for none.
    package var heartbeat: Heartbeat? {
        didSet { contractHandler?.keep(in: heartbeat) }
    }

    /// Watches this rank and the others until another watchdog takes over (`endLoopWatch`).
    private var loopWatch: LoopWatch?

    /// The identity of this rank, for its heartbeat.
    package func identity(restart: Int = 0) -> Heartbeat.Identity {
        Heartbeat.Identity(
            rank: rank, ranks: size, localRank: localRank, hostIndex: hostIndex, host: hostName,
            restart: restart)
    }

    /// Ends the communicator's watchdog, before another one starts. Collective.
    package func endLoopWatch() throws(CollectiveError) {
        guard let loopWatch else { return }
        try barrier()
        heartbeat = nil
        contractHandler?.remove(nil)
        self.loopWatch = nil
        loopWatch.stop()
    }

    /// A unique number for messages between hosts: gradient exchanges on one channel must not overlap, those
    /// on different channels are independent. Every rank takes and returns channels in the same order.
    package func takeChannel() -> Int {
        var number = 0
        while !channels.insert(number).inserted { number += 1 }
        return number
    }

    /// Returns a channel for reuse.
    package func returnChannel(_ number: Int) { channels.remove(number) }

    /// How long `finalize` waits for other ranks, and the exit status after that; nil for no limit.
    package var finalizeLimit: (seconds: Double, exitCode: Int32)?

    /// Ends this process and all other ranks at once.
    public func abort(exitCode: Int32) -> Never {
        loopWatch?.folder.remove()
        JobEnd.now(abortWorld, exitCode: exitCode)
    }

    /// Asks MPI to end all ranks; can be called on any thread. May never return.
    package var abortWorld: @Sendable (Int32) -> Void {
        guard usesMPI else { return { _ in } }
        return MPILibrary.abort
    }

    /// Finalizes MPI; every rank calls it once, at the end of a successful run.
    public func finalize() throws(CollectiveError) {
        guard usesMPI else { return }
        if let timeout = loopWatch?.timeout, timeout > 0 {
            finalizeLimit = (timeout, Watchdog.statusOfFault)
        }
        try endLoopWatch()
        if let finalizeLimit {
            endUnlessFinalized(in: finalizeLimit.seconds, exitCode: finalizeLimit.exitCode)
        }
        try barrier()
        #if MPICH
            finalizesMPICH.store(true, ordering: .relaxed)
        #endif
        try check(lockstep_mpi_finalize(), "MPI_Finalize", rank: rank)
    }

    /// Ends this process and all other ranks unless it exits in time: the watchdog has ended already.
    private func endUnlessFinalized(in seconds: Double, exitCode: Int32) {
        let message =
            "\(ProgramName.text): rank \(rank) on \(hostName) has done its work, and has waited \(seconds) s "
            + "for others to end: a rank hangs, or its host is gone. The job is ended.\n"
        // Without a thread only the launcher can notice a hanging rank.
        try? WorkerThread.start("end of the job") { [abortWorld] in
            Thread.sleep(forTimeInterval: seconds)
            StandardStream.errors.writeIfPossible(message)
            JobEnd.now(abortWorld, exitCode: exitCode)
        }
    }

    /// The communicator of the ranks with the same number on their nodes, in node order; nil for a rank without
    /// a lane. Collective.
    /// - Parameters:
    ///   - lane: always the same for a rank (`NodeLayout.lane`).
    ///   - isShared: whether nodes are hosts (otherwise ranks).
    ///   - channel: a number from `takeChannel`.
    func laneCommunicator(_ lane: Int?, isShared: Bool, channel: Int) throws(CollectiveError)
        -> lockstep_mpi_comm?
    {
        let key = LaneKey(isShared: isShared, channel: channel)
        if let made = lanes[key] { return lane == nil ? nil : made }
        var made = handle
        try check(
            lockstep_mpi_split(handle, CInt(lane ?? -1), CInt(rank), &made), "MPI_Comm_split", rank: rank)
        lanes[key] = made
        return lane == nil ? nil : made
    }

    /// The MPI communicator. Traps without MPI: callers check `size` first.
    var handle: lockstep_mpi_comm {
        guard let world else { brokenContract("Communicator: a single rank cannot send messages") }
        return world
    }
}
