import LockstepCheckpoints
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepRunLog
import LockstepTasks

/// How a trainer saves its state and continues from it. Every part writes and reads its own section.
extension Trainer {
    /// Copies the state after the current step; rank 0 writes it in the background. Collective.
    func writeCheckpoint() throws {
        try requireFiniteState()
        let step = dataParallel.step
        try checkpoints.write { model, optimizer in
            // A resume must not start at a step that metrics.jsonl lacks.
            guard logFailure == nil else { return nil }
            var versions: [String: String] = [:]
            for version in Versions.all(communicator: communicator) {
                versions[version.name] = version.version
            }
            if let program { versions[Versions.programKey] = program }
            var job = CheckpointJob(
                step: step, model: model, optimizer: optimizer, state: try state(after: step),
                versions: versions, memory: dataParallel.snapshot)
            job.keep = configuration.checkpoint.keep
            job.protected = configuration.keepsBest ? Set([best?.step].compactMap { $0 }) : []
            job.best = best?.step
            job.prepare = { [synchronization = log.synchronization] () throws(CheckpointError) in
                do throws(RunLogError) {
                    try synchronization()
                } catch {
                    throw .system(operation: "fsync", path: error.path, code: error.code)
                }
            }
            return job
        }
    }

    /// Everything that a checkpoint holds besides tensors.
    private func state(after step: Int) throws -> StateSections {
        var state = StateSections()
        try state.set("trainer", progress)
        try state.set("experiment", identity)
        try state.set("sampler", data.samplerState(step: step))
        try state.set("step", [step])
        if let best { try state.set(BestEvaluation.section, best) }
        if let earlyStopping { try state.set(EarlyStopping.section, earlyStopping.state) }
        try state.set(data.dataset.constants)
        return state
    }

    /// The directory of the newest checkpoint, after waiting for one that is being written; on rank 0.
    var newestCheckpoint: String? {
        checkpoints.finish()
        let step = checkpoints.completed?.step ?? restoredStep
        return step.map { CheckpointStore(directoryPath + "/checkpoints").path($0) }
    }

    /// Continues from a checkpoint: parameters and moments are read on rank 0, everything else on all ranks. Collective.
    /// - Parameters:
    ///   - checkpoint: the chosen checkpoint, on rank 0.
    ///   - earlyStoppingBefore: the configuration until now, for checkpoints that do not store it.
    func restore(
        _ checkpoint: Checkpoint?, state: StateSections, earlyStoppingBefore: EarlyStoppingConfiguration?
    ) throws {
        try communicator.together {
            try identity.requireEqual(try state.get("experiment", as: ExperimentIdentity.self))
            if let checkpoint {
                try SafetensorsFile(checkpoint.modelPath).read(
                    into: dataParallel.modelState.map(\.destination))
                let optimizer = try SafetensorsFile(checkpoint.optimizerPath)
                let hosts = optimizer.header.entries.count {
                    $0.name.hasPrefix(DataParallel.residualPrefix)
                }
                let hasVelocities = optimizer.header.entries.contains {
                    $0.name.hasPrefix(DataParallel.velocityPrefix)
                }
                let leavesAverages =
                    !dataParallel.hasAverages
                    && optimizer.header.entries.contains { $0.name.hasPrefix(DataParallel.averagePrefix) }
                try requireMoments(of: optimizer)
                dataParallel.prepareState(residuals: hosts, hasVelocities: hasVelocities)
                try optimizer.read(
                    into: dataParallel.optimizerState.map(\.destination), isComplete: !leavesAverages)
                try (dataParallel.modelState + dataParallel.optimizerState).requireFinite(
                    .checkpoint(checkpoint.directory))
                warnAboutResiduals(of: hosts)
                warnAboutVersions(checkpoint.manifest.versions)
            }
            progress = try state.get("trainer", as: TrainerProgress.self)
            try progress.requirePossible()
            progress.use(loss: task.lossDescription)
            try restoreBest(state, before: earlyStoppingBefore)
            try earlyStopping?.state.requirePossible()
        }
        let step = try state.step()
        try dataParallel.shareState(updates: plan.turns.updates(before: step))
        try communicator.together {
            try data.restore(try state.get("sampler", as: SamplerState.self), step: step)
        }
        restoredStep = step
        try requireBestCheckpoint()
    }

    /// Refuses a checkpoint of an optimizer with other moments.
    private func requireMoments(of file: SafetensorsFile) throws {
        var kept = [DataParallel.residualPrefix, DataParallel.velocityPrefix]
        // A run that no longer averages ignores the averages in the checkpoint.
        if !dataParallel.hasAverages { kept.append(DataParallel.averagePrefix) }
        let names = file.header.entries.map(\.name).filter { name in !kept.contains { name.hasPrefix($0) } }
        let stored = Set(names.compactMap { $0.split(separator: ".").first.map(String.init) })
        let own =
            plan.entries.flatMap { $0.optimizer.make().momentNames }
            + (dataParallel.hasAverages ? [String(DataParallel.averagePrefix.dropLast())] : [])
        guard stored != Set(own) else { return }
        func text(_ names: some Collection<String>) -> String {
            names.isEmpty ? "none" : names.sorted().joined(separator: " and ")
        }
        throw TrainingError.model(
            "The moments in the checkpoint (\(text(stored))) differ from those of "
                + "the configured optimizer \(configuration.optimizer.name) (\(text(own))). "
                + "Resume with the optimizer that wrote it, or start a new run.")
    }

    /// A message about kept-back gradients, which belong to hosts and cannot be continued exactly with another number of hosts.
    private func warnAboutResiduals(of hosts: Int) {
        let now = dataParallel.allreduce.residual == nil ? 0 : dataParallel.allreduce.nodeCount
        guard hosts != now else { return }
        let change =
            switch (hosts, now) {
            case (_, 0): "they are dropped, since this run does not keep gradients back"
            case (0, _): "this run begins with none"
            default: "they are added up for the first of the \(now) hosts of this run"
            }
        log.console.warn(
            "The checkpoint has kept-back gradients of \(hosts) hosts (allreduce.compression: top_k); \(change)."
        )
    }

    private func warnAboutVersions(_ stored: [String: String]) {
        for version in Versions.all(communicator: communicator) {
            guard let before = stored[version.name], before != version.version, version.name != "mpi" else {
                continue
            }
            log.console.warn(
                "The checkpoint was written with \(version.name) \(before); this is \(version.version). "
                    + "The run continues, but its bits may differ from those of an uninterrupted run.")
        }
    }
}
