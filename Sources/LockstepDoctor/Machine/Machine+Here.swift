internal import CKernels
import Foundation
import LockstepCollectives
import LockstepOperations
import LockstepTensors

extension Machine {
    /// The machine that this process runs on.
    /// - Parameter version: the version of lockstep.
    package static func here(lockstep version: String) -> Machine {
        var machine = Machine(
            libraries: .init(
                lockstep: version, mpi: MPILibrary.version, compute: ComputeLibrary.version,
                computeMatchesHeaders: ComputeLibrary.matchesHeaders,
                instructions: ComputeLibrary.instructions,
                hasBFloat16: ComputeLibrary.hasBFloat16))
        let process = ProcessInfo.processInfo
        machine.environment = process.environment
        machine.usableProcessors = process.activeProcessorCount
        machine.processors = max(process.processorCount, process.activeProcessorCount)
        machine.addresses = currentAddresses()
        machine.volume = { path in
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { return nil }
            let unit = Int(status.f_frsize)
            return Volume(size: Int(status.f_blocks) * unit, free: Int(status.f_bavail) * unit)
        }
        machine.firstLine = { program, arguments in
            guard let output = try? Subprocess.run([program] + arguments, seconds: 20), output.status != 127
            else {
                return nil
            }
            return (output.text + output.errors).split(separator: "\n").first.map(String.init)
        }
        machine.memoryOfOthers = {
            let error = lockstep_single_copy_error()
            return error == 0 ? nil : String(cString: strerror(error))
        }
        machine.productRates = {
            guard ComputeLibrary.hasBFloat16 else { return nil }
            func rate(_ type: DType) -> Double {
                OperationMeter.peak(
                    type, isRough: true, clock: { DispatchTime.now().uptimeNanoseconds }, align: {})
            }
            return ProductRates(float32: rate(.float32), bfloat16: rate(.bfloat16))
        }
        return machine
    }

    /// The addresses of all interfaces that are up, IPv4 before IPv6, without loopback and link-local ones.
    private static func currentAddresses() -> [Address] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [Int32: [Address]] = [:]
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0,
                entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            guard
                getnameinfo(
                    address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard !name.hasPrefix("fe80:") && !name.hasPrefix("169.254.") else { continue }
            found[family, default: []].append(
                Address(interface: String(cString: entry.ifa_name), address: name))
        }
        return (found[AF_INET] ?? []) + (found[AF_INET6] ?? [])
    }

    /// The processor's name.
    package var processorName: String {
        let line = text("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    }
}
