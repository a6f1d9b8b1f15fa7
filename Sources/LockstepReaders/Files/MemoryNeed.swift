import LockstepTensors

/// Refuses data that do not fit into memory before the memory is allocated.
package enum MemoryNeed {
    /// - Parameters:
    ///   - byteCount: an estimate in bytes; nil if it overflows.
    ///   - available: the available memory in bytes; nil if unknown.
    ///   - what: the data, for the message.
    /// - Throws: `DatasetError` of kind `tooLarge`.
    package static func require(
        _ byteCount: Int?, of available: Int? = AvailableMemory.byteCount, _ file: String?, _ what: String,
        advice: String
    ) throws(DatasetError) {
        guard let available, byteCount ?? .max > available else { return }
        let need = byteCount.map { "about \(text($0))" } ?? "more memory than any machine has"
        throw DatasetError(
            .tooLarge, file, "\(what) takes \(need), and \(text(available)) of memory are available",
            advice: advice)
    }

    /// A product; nil if it does not fit into an `Int`.
    package static func product(_ factors: Int...) -> Int? {
        factors.reduce(Optional(1)) { product, factor in
            guard let product else { return nil }
            let next = product.multipliedReportingOverflow(by: factor)
            return next.overflow ? nil : next.partialValue
        }
    }

    /// A size in MiB or GiB.
    package static func text(_ byteCount: Int) -> String {
        let mebibytes = Double(byteCount) / 1_048_576
        guard mebibytes >= 1024 else { return "\(Int(mebibytes.rounded(.up))) MiB" }
        return "\((mebibytes / 102.4).rounded() / 10) GiB"
    }
}
