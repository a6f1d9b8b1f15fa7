import LockstepReaders
import LockstepTensors

extension DecodedContent {
    /// Two prototypes for each class, standard normal (for images: on a coarse grid, interpolated), and normal noise.
    ///
    /// Sample i has class i mod classes before the split shuffles; all draws are keyed by the recipe's seed.
    static func synthetic(_ recipe: DataConfiguration.Synthetic) throws(DatasetError) -> Self {
        let size = recipe.shape.reduce(1, *)
        let numberSize = recipe.shape.count == 3 ? 1 : MemoryLayout<Float>.size
        try MemoryNeed.require(
            MemoryNeed.product(recipe.samples + recipe.testSamples, size * numberSize + 8).flatMap {
                samples in
                MemoryNeed.product(recipe.classes * 4, size, MemoryLayout<Float>.size).map { samples + $0 }
            }, nil,
            "\(recipe.samples) + \(recipe.testSamples) samples of \(size) numbers, and prototypes of \(recipe.classes) classes",
            advice: "set fewer samples or classes, or a smaller shape, under data.synthetic")
        let prototypes = (0..<recipe.classes * 2).flatMap { prototype($0, recipe) }
        func part(_ count: Int, first: Int) -> DecodedPart {
            let isImage = recipe.shape.count == 3
            let inputs = MemoryBlock(count: count * size * (isImage ? 1 : 4))
            var labels = ContiguousArray<Int32>(repeating: 0, count: count)
            let noise = Float(recipe.noise)
            for sample in 0..<count {
                let key = RandomKey(
                    seed: recipe.seed, purpose: .synthetic, layer: 1, major: UInt64(first + sample))
                let label = sample % recipe.classes
                labels[sample] = Int32(label)
                let start = (label * 2 + Int(key.bits(0) & 1)) * size
                for element in 0..<size {
                    let value = prototypes[start + element] + noise * key.normal(UInt64(element + 1))
                    if isImage {
                        // One standard deviation of the prototypes is 40 grey levels.
                        let level = max(0, min(255, (128 + 40 * value).rounded()))
                        inputs.address.storeBytes(
                            of: UInt8(level), toByteOffset: sample * size + element, as: UInt8.self)
                    } else {
                        inputs.address.storeBytes(
                            of: value, toByteOffset: (sample * size + element) * 4, as: Float.self)
                    }
                }
            }
            return DecodedPart(
                count: count, sampleExtents: recipe.shape, inputType: isImage ? .uint8 : .float32,
                inputs: inputs,
                targetWidth: 0, targets: MemoryBlock(copying: labels))
        }
        return DecodedContent(
            training: part(recipe.samples, first: 0), test: part(recipe.testSamples, first: 1 << 40),
            classes: recipe.classes)
    }

    private static func prototype(_ number: Int, _ recipe: DataConfiguration.Synthetic) -> [Float] {
        let key = RandomKey(seed: recipe.seed, purpose: .synthetic, layer: 0, major: UInt64(number))
        guard recipe.shape.count == 3 else {
            return (0..<recipe.shape[0]).map { key.normal(UInt64($0)) }
        }
        // Interpolated from a grid of 4 x 4 numbers per channel, so that neighbouring pixels are similar.
        let (height, width, channels) = (recipe.shape[0], recipe.shape[1], recipe.shape[2])
        var image: [Float] = []
        for row in 0..<height {
            for column in 0..<width {
                for channel in 0..<channels {
                    let y = Float(row) / Float(max(1, height - 1)) * 3
                    let x = Float(column) / Float(max(1, width - 1)) * 3
                    let (top, left) = (min(2, Int(y)), min(2, Int(x)))
                    func corner(_ down: Int, _ right: Int) -> Float {
                        key.normal(UInt64((channel * 4 + top + down) * 4 + left + right))
                    }
                    let (v, h) = (y - Float(top), x - Float(left))
                    let upper = corner(0, 0) * (1 - h) + corner(0, 1) * h
                    let lower = corner(1, 0) * (1 - h) + corner(1, 1) * h
                    image.append(upper * (1 - v) + lower * v)
                }
            }
        }
        return image
    }
}
