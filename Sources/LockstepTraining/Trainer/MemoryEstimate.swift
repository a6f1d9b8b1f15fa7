import LockstepAutograd
import LockstepCollectives
import LockstepDatasets
import LockstepExperiment
import LockstepModels
import LockstepTasks
import LockstepTensors
import LockstepText

/// A lower bound for the memory of a run, computed before any of it is allocated, so that a run that cannot fit is refused
/// before the first step instead of failing in an evaluation.
///
/// All sizes are floating-point numbers, so that no product overflows.
package struct MemoryEstimate {
    /// One use of memory on a host: its size in bytes, its purpose, and the settings that reduce it.
    package struct Part: Equatable {
        package var byteCount: Double
        package var purpose: String
        package var advice: String
    }

    /// The parts of the memory on one host.
    package private(set) var parts: [Part] = []

    /// Estimates the memory of training.
    /// - Parameters:
    ///   - moments: the number of moments of the optimizer.
    ///   - hosts: the number of hosts.
    ///   - ranks: the number of ranks on this host.
    ///   - activations: the number of values that the layers of the models compute for one sample.
    ///   - outputs: the number of outputs of the models.
    ///   - watched: the metric by which evaluations are compared.
    init(
        _ configuration: TrainingConfiguration, data: TrainingData, store: ParameterStore, moments: Int,
        shards: Int, hosts: Int, ranks: Int, activations: Double, outputs: Int, watched: String
    ) {
        let parameters = store.parameters.reduce(0.0) { $0 + Double($1.elementCount) }
        let dense = store.parameters.reduce(0.0) { $0 + ($1.isSparse ? 0 : Double($1.elementCount)) }
        // Parameters and moments, and their copy for checkpoints; the gradients of a shard and their sum for each rank,
        // without those of sparse tables.
        let state = 2 * (1 + Double(moments)) * parameters
        parts.append(
            Part(
                byteCount: 4 * (state + 2 * Double(ranks) * dense),
                purpose:
                    "for \(grouped(Int(min(parameters, 1e18)))) parameters with gradients, moments and the copy for checkpoints",
                advice: "make the model smaller"))
        if let exchange = Self.exchange(
            gradients: dense, hosts: hosts, ranks: ranks, shards: shards,
            settings: configuration.allreduce.settings)
        {
            parts.append(exchange)
        }
        let sample = Double(data.dataset.schema.sampleByteCount)
        let samples = Double(data.sampler.stepSizes[0])
        parts.append(
            Part(
                byteCount: samples * sample * Double(configuration.prefetch + 1),
                purpose:
                    "for batches of \(grouped(data.sampler.stepSizes[0])) \(data.samplesName) that are prepared ahead",
                advice: "make batch or prefetch smaller"))
        let rows = (samples / Double(shards)).rounded(.up)
        parts.append(
            Part(
                byteCount: 4 * 2 * rows * activations * Double(ranks),
                purpose: "for the layers' outputs of one shard",
                advice: "make batch smaller, shards larger, or the model smaller"))
        addEvaluation(
            configuration, data, activations: activations, outputs: outputs, watched: watched)
    }

    /// The memory of the exchange between hosts: the buckets in which gradients arrive, in all lanes of this host;
    /// nil on one host. Rows of sparse tables, and the buffers of gradients in bf16, are not counted.
    /// - Parameters:
    ///   - gradients: the number of gradients, without those of sparse tables.
    ///   - ranks: the number of ranks on each host.
    package static func exchange(
        gradients: Double, hosts: Int, ranks: Int, shards: Int, settings: AllreduceSettings
    ) -> Part? {
        // Networks that do not fit anyway are not planned.
        guard hosts > 1, gradients > 0, gradients < 2e10 else { return nil }
        let schedule = ExchangeSchedule(
            nodes: hosts, ranksEach: ranks, shards: max(shards, hosts * ranks),
            gradientCount: Int(gradients),
            statisticsCount: 0, recordByteCount: 0, settings: settings)
        return Part(
            byteCount: Double(schedule.lanes * schedule.memory.stripes),
            purpose: "for gradients that arrive from other hosts",
            advice: "make allreduce.bucket or allreduce.lanes smaller")
    }

    private mutating func addEvaluation(
        _ configuration: TrainingConfiguration, _ data: TrainingData, activations: Double, outputs: Int,
        watched: String
    ) {
        let samples = max(data.validation.count, data.test.count)
        guard samples > 0 else { return }
        let rows = min(samples, configuration.evaluationBlock)
        parts.append(
            Part(
                byteCount: Double(rows) * (Double(data.dataset.schema.sampleByteCount) + 4 * activations),
                purpose: "for \(grouped(rows)) \(data.samplesName) that are evaluated at once",
                advice: "make evaluation_block smaller"))
        guard watched == "validation_roc_auc" else { return }
        parts.append(
            Part(
                byteCount: 4 * Double(data.validation.count) * Double(outputs),
                purpose:
                    "for the scores of all validation \(data.samplesName), from which the area under the ROC curve is computed",
                advice: "watch another metric (early_stopping.metric)"))
    }

    /// - Throws: `TrainingError.model` if the sum of all parts exceeds the memory: with the numbers, and the most
    ///   effective remedy.
    func requireFit(_ memory: MachineMemory) throws(TrainingError) {
        let total = parts.reduce(0) { $0 + $1.byteCount }
        guard total > memory.byteCount, let largest = parts.max(by: { $0.byteCount < $1.byteCount }) else {
            return
        }
        throw .model(
            "The run needs at least \(MachineMemory.text(total)) of memory on this host, but \(memory.holder) "
                + "\(MachineMemory.text(memory.byteCount)): \(MachineMemory.text(largest.byteCount)) of it \(largest.purpose). "
                + "To make it fit, \(largest.advice).")
    }
}
