import CKernels
internal import CMPI
import LockstepContracts

/// The exchange of one stripe between nodes: a state machine that advances when messages have arrived.
///
/// Several stripes can be in progress at once, each in its slot. The slot number is the tag of its messages,
/// and all nodes use slots in the same order.
final class StripeExchange {
    private let channel: NodeChannel
    private let outgoing: PendingMessages
    private let incoming: PendingMessages
    private let memory: StripeMemory
    private let tag: CInt
    /// The stage in progress; nil while idle.
    private var stage: StripeStage?
    private var payload: NodePayload
    private var work = NodePaths.Work.allreduce
    private var format = WireFormat.float32
    private var range = 0..<0
    private var granularity = 1
    /// The ranges of recursive halving: bounds[round] before a round.
    private var bounds: [Range<Int>]
    /// All nodes' subtrees as the reduction reads them.
    private let sources: UnsafeMutablePointer<UnsafePointer<Float>?>
    private let feedback: ErrorFeedback?
    private var parts: NodeParts

    init(
        channel: NodeChannel, payload: NodePayload, memory: StripeMemory, slot: Int,
        feedback: ErrorFeedback?
    ) {
        self.channel = channel
        self.payload = payload
        self.memory = memory
        self.feedback = feedback
        outgoing = PendingMessages(
            communicator: channel.communicator, rank: channel.rank, limit: PendingMessages.unasked)
        incoming = PendingMessages(
            communicator: channel.communicator, rank: channel.rank, limit: PendingMessages.unasked)
        tag = CInt(slot)
        parts = channel.paths.parts(payload.plan)
        bounds = Array(repeating: 0..<0, count: channel.count.trailingZeroBitCount + 2)
        // The exact plan has the most subtrees.
        let subtrees = max(payload.plan.nodeOfSubtree.count, channel.count)
        sources = .allocate(capacity: subtrees)
        sources.initialize(repeating: nil, count: subtrees)
    }

    deinit { sources.deallocate() }

    var isIdle: Bool { stage == nil }

    /// The messages sent so far.
    var traffic: MessageTraffic { outgoing.traffic }

    /// Whether all sends of the current stage are complete.
    var hasSent: Bool { outgoing.isEmpty }

    /// Begins a stripe. The slot must be idle.
    /// - Parameter granularity: parts of nodes end at multiples of this number of elements from the start of
    ///   the stripe.
    func start(
        _ range: Range<Int>, of payload: NodePayload, _ work: NodePaths.Work, _ format: WireFormat,
        granularity: Int
    ) throws(CollectiveError) {
        self.range = range
        self.payload = payload
        self.work = work
        self.format = format
        self.granularity = granularity
        parts = channel.paths.parts(payload.plan)
        payload.reduceLocally(range)
        bounds[0] = range
        try start(
            StripeStage.first(channel.paths.path(work, payload.plan, format, count: range.count)))
    }

    private func start(_ stage: StripeStage) throws(CollectiveError) {
        self.stage = stage
        switch stage {
        case .whole: try startWhole()
        case .halving(let round): try startHalving(round)
        case .doubling(let round): try startDoubling(round)
        case .scattering: try startScattering()
        case .allGathering: try startAllGather()
        case .library: try incoming.sum(payload.total + range.lowerBound, range.count)
        case .sparse: try startSparse()
        }
    }

    /// Advances if the messages of the current stage have arrived.
    /// - Returns: whether there was progress.
    func advance() throws(CollectiveError) -> Bool {
        guard let stage else { return false }
        let hasCome = try incoming.test()
        guard try outgoing.test(), hasCome else { return false }
        try finish(stage)
        self.stage = nil
        if let next = stage.next(work, parts) { try start(next) }
        return true
    }

    private func finish(_ stage: StripeStage) throws(CollectiveError) {
        switch stage {
        case .whole:
            widenInbox()
            payload.finish(range, sources: sources)
        case .halving(let round):
            widenInbox()
            let kept = bounds[round + 1]
            if !kept.isEmpty {
                lockstep_accumulate(payload.total + kept.lowerBound, memory.inbox, kept.count)
            }
            if round + 1 == parts.rounds { roundInPlace(payload.total, owned) }
        case .doubling(let round):
            widen(parts.halves(bounds[round], of: channel.mine, round: round, granularity: granularity).given)
        case .scattering:
            widenInbox()
            payload.finish(owned, sources: sources)
            roundInPlace(payload.total, owned)
        case .allGathering:
            for node in 0..<channel.count where node != channel.mine {
                widen(parts.part(of: node, range, granularity: granularity))
            }
        case .library: break
        case .sparse: try finishSparse()
        }
    }

    /// The part of the stripe whose total this node has after `reduceScatter`.
    private var owned: Range<Int> {
        parts.part(of: channel.mine, range, granularity: granularity)
    }

    // MARK: Stages

    private func startWhole() throws(CollectiveError) {
        inboxEnd = 0
        let owners = payload.plan.nodeOfSubtree
        setOwnSources()
        for subtree in owners.indices where owners[subtree] != channel.mine {
            sources[subtree] = try receiveToInbox(range, from: owners[subtree])
        }
        for peer in 0..<channel.count where peer != channel.mine {
            for subtree in payload.subtrees.indices { try send(payload.subtrees[subtree], range, to: peer) }
        }
        // Round this node's sum like those of the others: every node must add the same numbers.
        for subtree in payload.subtrees { roundInPlace(subtree, range) }
    }

    private func startHalving(_ round: Int) throws(CollectiveError) {
        inboxEnd = 0
        let peer = channel.mine ^ (1 << round)
        let (kept, given) = parts.halves(
            bounds[round], of: channel.mine, round: round, granularity: granularity)
        bounds[round + 1] = kept
        _ = try receiveToInbox(kept, from: peer)
        try send(payload.total, given, to: peer)
    }

    private func startScattering() throws(CollectiveError) {
        inboxEnd = 0
        let owners = payload.plan.nodeOfSubtree
        let mine = owned
        setOwnSources()
        for subtree in owners.indices where owners[subtree] != channel.mine {
            sources[subtree] = try receiveToInbox(mine, from: owners[subtree])
        }
        for peer in 0..<channel.count where peer != channel.mine {
            let theirs = parts.part(of: peer, range, granularity: granularity)
            for subtree in payload.subtrees { try send(subtree, theirs, to: peer) }
        }
    }

    private func startAllGather() throws(CollectiveError) {
        for peer in 0..<channel.count where peer != channel.mine {
            try receiveInPlace(parts.part(of: peer, range, granularity: granularity), from: peer)
            try send(payload.total, owned, to: peer)
        }
    }

    private func startDoubling(_ round: Int) throws(CollectiveError) {
        let peer = channel.mine ^ (1 << round)
        let (have, missing) = parts.halves(
            bounds[round], of: channel.mine, round: round, granularity: granularity)
        try receiveInPlace(missing, from: peer)
        try send(payload.total, have, to: peer)
    }

    private func startSparse() throws(CollectiveError) {
        guard let feedback else { brokenContract("StripeExchange: no residual") }
        let chunk = Int(lockstep_chunk)
        let count = entryCount
        let mine = memory.entries + channel.mine * count
        var place = 0
        for start in stride(from: range.lowerBound, to: range.upperBound, by: chunk) {
            let length = min(chunk, range.upperBound - start)
            let part = format.entries(of: length)
            feedback.select(
                mine + place, part, base: start - range.lowerBound, gradients: payload.total, start: start,
                count: length)
            place += part
        }
        let byteCount = count * MemoryLayout<lockstep_sparse_entry>.stride
        for peer in 0..<channel.count where peer != channel.mine {
            try incoming.receive(memory.entries + peer * count, byteCount, from: peer, tag: tag)
            try outgoing.send(mine, byteCount, to: peer, tag: tag)
        }
    }

    private func finishSparse() throws(CollectiveError) {
        let total = payload.total + range.lowerBound
        total.update(repeating: 0, count: range.count)
        for node in 0..<channel.count {
            let outside = lockstep_sparse_add(
                total, range.count, memory.entries + node * entryCount, entryCount)
            if outside > 0 {
                throw .mpi(
                    operation: "a compressed exchange",
                    text: "\(outside) entries of node \(node) are damaged",
                    rank: channel.rank)
            }
        }
    }

    /// The number of entries that each node sends.
    private var entryCount: Int {
        let chunk = Int(lockstep_chunk)
        let rest = range.count % chunk
        return range.count / chunk * format.entries(of: chunk) + (rest > 0 ? format.entries(of: rest) : 0)
    }

    // MARK: Messages in the wire format

    private var inboxEnd = 0

    private func setOwnSources() {
        var next = 0
        for subtree in payload.plan.nodeOfSubtree.indices
        where payload.plan.nodeOfSubtree[subtree] == channel.mine {
            sources[subtree] = UnsafePointer(payload.subtrees[next])
            next += 1
        }
    }

    private func send(_ flat: UnsafeMutablePointer<Float>, _ part: Range<Int>, to peer: Int)
        throws(CollectiveError)
    {
        guard format == .bfloat16 else {
            return try outgoing.send(flat + part.lowerBound, part.count * 4, to: peer, tag: tag)
        }
        let place = memory.rounded + (part.lowerBound - range.lowerBound)
        lockstep_bfloat16_round(place, flat + part.lowerBound, part.count)
        try outgoing.send(place, part.count * 2, to: peer, tag: tag)
    }

    /// Receives a part of a subtree; returns a pointer that is indexed like the whole buffer.
    private func receiveToInbox(_ part: Range<Int>, from peer: Int) throws(CollectiveError) -> UnsafePointer<
        Float
    > {
        let begin = inboxEnd
        inboxEnd += part.count
        contract(inboxEnd <= memory.capacity, "StripeExchange: the inbox is too small")
        if format == .bfloat16 {
            try incoming.receive(memory.roundedInbox + begin, part.count * 2, from: peer, tag: tag)
        } else {
            try incoming.receive(memory.inbox + begin, part.count * 4, from: peer, tag: tag)
        }
        return UnsafePointer(memory.inbox + begin - part.lowerBound)
    }

    private func receiveInPlace(_ part: Range<Int>, from peer: Int) throws(CollectiveError) {
        if format == .bfloat16 {
            let place = memory.rounded + (part.lowerBound - range.lowerBound)
            try incoming.receive(place, part.count * 2, from: peer, tag: tag)
        } else {
            try incoming.receive(payload.total + part.lowerBound, part.count * 4, from: peer, tag: tag)
        }
    }

    private func widenInbox() {
        if format == .bfloat16 { lockstep_bfloat16_widen(memory.inbox, memory.roundedInbox, inboxEnd) }
    }

    private func widen(_ part: Range<Int>) {
        guard format == .bfloat16 else { return }
        let place = memory.rounded + (part.lowerBound - range.lowerBound)
        lockstep_bfloat16_widen(payload.total + part.lowerBound, place, part.count)
    }

    private func roundInPlace(_ flat: UnsafeMutablePointer<Float>, _ part: Range<Int>) {
        guard format == .bfloat16 else { return }
        let place = memory.rounded + (part.lowerBound - range.lowerBound)
        lockstep_bfloat16_round(place, flat + part.lowerBound, part.count)
        lockstep_bfloat16_widen(flat + part.lowerBound, place, part.count)
    }
}
