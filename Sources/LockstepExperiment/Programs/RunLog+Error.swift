import LockstepCollectives
import LockstepRunLog

extension RunLog {
    /// Writes the error that ends the run to `train.log`; the program reports it on the terminal.
    package func note(_ error: any Error, _ communicator: Communicator) {
        // The fault report covers failed communication.
        if error is CollectiveError { return }
        if error.isReported(by: communicator.rank) { console.note("\(error)") }
    }
}
