/// Checks oneDNN's version and instruction set.
package struct ComputeLibraryCheck: MachineCheck {
    package let name = "compute"

    package init() {}

    package func findings(on machine: Machine) -> [Finding] {
        let libraries = machine.libraries
        var findings: [Finding] = []
        let text =
            "\(libraries.compute), \(libraries.instructions), "
            + "\(libraries.hasBFloat16 ? "with bf16" : "without bf16 (precision: bf16 needs AVX-512 BF16)")"
        if !libraries.computeMatchesHeaders {
            findings.append(
                problem(
                    "\(libraries.compute) is loaded, but the program was built for another major version",
                    advice: "Build it here (swift build -c release), or install the oneDNN it was built with."
                ))
        }
        if !["AVX2", "AVX-512", "AMX"].contains(where: libraries.instructions.hasPrefix) {
            findings.append(
                warning(
                    text,
                    advice:
                        "Training is several times slower than with AVX2 or AVX-512: use another processor."))
        } else {
            findings.append(ok(text))
        }
        if let rates = machine.productRates() { findings.append(precisions(rates)) }
        for name in ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"] {
            guard let value = machine.environment[name] else { continue }
            findings.append(
                warning(
                    "\(name)=\(value) limits the instructions",
                    advice:
                        "It must be the same for all ranks (scripts/launch passes it on), since the bits depend on it."
                ))
        }
        return findings
    }

    /// Compares the precisions: some processors have bf16 instructions that are no faster than float32's.
    private func precisions(_ rates: Machine.ProductRates) -> Finding {
        let (float32, bfloat16) = (Int(rates.float32 * 1e-9), Int(rates.bfloat16 * 1e-9))
        let text = "products of matrices on one core: \(float32) GFLOP/s in float32, \(bfloat16) in bf16"
        return ok(
            rates.bfloat16 < 1.1 * rates.float32
                ? text + "; precision: bf16 saves memory here, but no time" : text)
    }
}
