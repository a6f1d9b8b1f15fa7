import LockstepAutograd
import LockstepOptimizers

extension DataParallel.Configuration {
    /// Throws if a network has sparse tables, trained now or later, and a setting would change all of their rows in each step.
    func requireSupport(
        ofSparseTablesIn store: ParameterStore, _ phases: [UpdatePhase]
    ) throws(DataParallelError) {
        for table in store.parameters where table.isSparse {
            func refuse(_ way: String) -> DataParallelError { .sparse(way, table: table.name) }
            if phases.contains(where: { $0.optimizer is any LayerwiseOptimizer }) {
                throw refuse("An optimizer that needs the norms of whole parameters (lars, lamb)")
            }
            if allreduce.format.hasResidual { throw refuse("allreduce.compression: top_k") }
            if case .localSGD = update { throw refuse("local_sgd") }
            if parameterAveraging?.averages(table) ?? false { throw refuse("average") }
        }
    }
}
