import LockstepTimeline

/// The settings of an exchange between hosts, and what they were chosen from.
package struct ExchangeChoice: Sendable {
    /// The settings, with all sizes.
    package let settings: AllreduceSettings
    /// The measured network; nil if nothing was measured.
    package let link: MeasuredLink?
    /// The number of settings that the search had no time for.
    package let untried: Int

    /// The longest search in seconds; on thousands of hosts a prediction takes a while.
    private static let limit = 1.0

    /// Chooses what the settings leave open. Collective: rank 0 decides.
    ///
    /// Nothing is measured where there is nothing to choose: on one node, and for sums whose bits depend on the
    /// choice. Nor is it where a prediction would be about another job: where the ranks of a host share its
    /// link without sharing memory, and where hosts have different numbers of ranks.
    /// - Parameter channel: the channel of the exchange, whose lanes carry the measurement.
    static func make(
        _ settings: AllreduceSettings, communicator: Communicator, layout: NodeLayout, channel: Int,
        gradientCount: Int, statisticsCount: Int, shards: Int, recordByteCount: Int
    ) throws(CollectiveError) -> ExchangeChoice {
        guard layout.nodes.count > 1, layout.nodes.count == communicator.hostCount, layout.isEven,
            settings.isTuned, settings.isExact, settings.placement != .ownGradients
        else { return ExchangeChoice(settings: settings, link: nil, untried: 0) }
        let link: MeasuredLink
        if let known = communicator.link {
            link = known
        } else {
            let handle = try communicator.laneCommunicator(
                layout.lane, isShared: layout.nodes.count < communicator.size, channel: channel)
            let lane = handle.map { handle in
                NodeChannel(
                    communicator: handle, rank: communicator.rank, mine: layout.mine,
                    count: layout.nodes.count, algorithm: settings.algorithm, tuning: settings.tuning)
            }
            link = try LinkMeasurement(communicator: communicator, layout: layout, channel: lane).run()
            communicator.link = link
        }
        let search = ExchangeSearch(
            settings, link, nodes: layout.nodes.count, ranksEach: layout.laneCount,
            shards: shards, gradientCount: gradientCount, statisticsCount: statisticsCount,
            recordByteCount: recordByteCount)
        var best = ExchangeSearch.Best()
        if communicator.rank == 0 { best = search.best(within: limit) }
        var failure: CollectiveError?
        withUnsafeMutableBytes(of: &best) { bytes in
            do throws(CollectiveError) { try communicator.broadcast(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        return ExchangeChoice(
            settings: search.candidates[best.number], link: link, untried: best.untried)
    }
}
