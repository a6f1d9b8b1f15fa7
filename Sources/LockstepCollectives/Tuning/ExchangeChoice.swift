import LockstepTimeline

/// The settings of an exchange between hosts, and what they were chosen from.
package struct ExchangeChoice: Sendable {
    /// The settings, with all sizes.
    package let settings: AllreduceSettings
    /// The measured network; nil if nothing was measured.
    package let link: MeasuredLink?

    /// Chooses what the settings leave open. Collective: rank 0 decides.
    ///
    /// Nothing is measured where there is nothing to choose: on one node, and for sums whose bits depend on the
    /// choice.
    /// - Parameter channel: the channel of the exchange, whose lanes carry the measurement.
    static func make(
        _ settings: AllreduceSettings, communicator: Communicator, layout: NodeLayout, channel: Int,
        gradientCount: Int, statisticsCount: Int, shards: Int, recordByteCount: Int
    ) throws(CollectiveError) -> ExchangeChoice {
        guard layout.nodes.count > 1, settings.isTuned, settings.isExact, settings.placement != .ownGradients
        else { return ExchangeChoice(settings: settings, link: nil) }
        let link: MeasuredLink
        let isShared = layout.nodes.count < communicator.size
        if let known = communicator.links[isShared] {
            link = known
        } else {
            let handle = try communicator.laneCommunicator(
                layout.lane, isShared: isShared, channel: channel)
            let lane = handle.map { handle in
                NodeChannel(
                    communicator: handle, rank: communicator.rank, mine: layout.mine,
                    count: layout.nodes.count, algorithm: settings.algorithm, tuning: settings.tuning)
            }
            link = try LinkMeasurement(communicator: communicator, layout: layout, channel: lane).run()
            communicator.links[isShared] = link
        }
        let search = ExchangeSearch(
            settings, link, nodes: layout.nodes.count, ranksEach: layout.laneCount,
            shards: shards, gradientCount: gradientCount, statisticsCount: statisticsCount,
            recordByteCount: recordByteCount)
        var best = communicator.rank == 0 ? search.best() : 0
        var failure: CollectiveError?
        withUnsafeMutableBytes(of: &best) { bytes in
            do throws(CollectiveError) { try communicator.broadcast(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        return ExchangeChoice(settings: search.candidates[best], link: link)
    }
}
