internal import COneDNN
import LockstepTensors

/// A copy of a convolution's weights in the layout that a primitive reads, refreshed once per step.
///
/// Master weights are plain; each primitive has a layout of its own. The copy is taken again when the parameters have
/// changed, which the tape's `parameterVersion` tells; shards of the same step share it.
final class PackedWeights {
    private let pack: DNNPrimitive?
    private let storage: Storage?
    private var packedVersion: UInt64 = 0
    private var packedAddress: UnsafeMutableRawPointer?

    /// The weights of `user`, a primitive that reads weights.
    init(for user: DNNPrimitive) {
        if user.query({ lockstep_dnn_weights_are_plain($0) }) != 0 {
            pack = nil
            storage = nil
        } else {
            pack = DNNPrimitive("packing of weights") { made in
                user.query { lockstep_dnn_pack_create(made, $0) }
            }
            storage = Storage(byteCount: user.query { lockstep_dnn_weights_bytes($0) })
        }
    }

    /// The weights as the primitive reads them.
    /// - Parameter version: the parameters' version; nil when the weights may differ from call to call.
    func current(_ weight: Tensor, version: UInt64?) -> UnsafePointer<Float> {
        guard let pack, let storage else { return UnsafePointer(weight.floats) }
        let packed = storage.address.assumingMemoryBound(to: Float.self)
        if let version, version == packedVersion, weight.address == packedAddress {
            return UnsafePointer(packed)
        }
        pack.execute { lockstep_dnn_packing_execute($0, weight.floats, packed) }
        packedVersion = version ?? 0
        packedAddress = version == nil ? nil : weight.address
        return UnsafePointer(packed)
    }
}

/// Brings the gradient of a convolution's weights from the layout that a primitive writes to the plain one.
final class PackedGradient {
    private let user: DNNPrimitive
    private let isPlain: Bool
    private let byteCount: Int
    private lazy var unpack = DNNPrimitive("unpacking of a weight gradient") { made in
        user.query { lockstep_dnn_unpack_create(made, $0, 0) }
    }

    /// The gradient of `user`, a primitive that writes one.
    init(of user: DNNPrimitive) {
        self.user = user
        isPlain = user.query { lockstep_dnn_weights_are_plain($0) } != 0
        byteCount = user.query { lockstep_dnn_weights_bytes($0) }
    }

    /// Lets `body` compute the gradient, and leaves it plain in `gradient`.
    func write(_ gradient: Tensor, pool: StoragePool, _ body: (UnsafeMutablePointer<Float>) -> Void) {
        guard !isPlain else { return body(gradient.floats) }
        let packed = pool.tensor(Shape(byteCount / 4))
        body(packed.floats)
        unpack.execute { lockstep_dnn_packing_execute($0, packed.floats, gradient.floats) }
    }
}
