/// Another library's network that Lockstep has, too, and how its weights are stored there.
public enum WeightLayout: String, Sendable, CaseIterable {
    /// Lockstep's, which is that of PyTorch's modules.
    case none
    /// `GPT2Model` and `GPT2LMHeadModel` of Hugging Face's transformers.
    case huggingFaceGPT2 = "huggingface_gpt2"
    /// `resnet18`, `resnet34`, `resnet50` and their relatives of torchvision.
    case torchvisionResNet = "torchvision_resnet"

    /// How a tensor of the file becomes one of the model.
    package struct Place: Equatable {
        /// The name in the model.
        package var name: String
        package var reading = WeightReading.whole
        /// Whether the model may be without it.
        package var isOptional = false
    }

    /// The tensor of the model that a tensor of the file is for; nil for one that is no weight.
    package func place(_ name: String) -> Place? {
        switch self {
        case .none, .torchvisionResNet: Place(name: name)
        case .huggingFaceGPT2: HuggingFaceGPT2.place(name)
        }
    }

    /// The network of a file as the key `model` has it, for messages; nil if it is not one of this layout.
    /// - Parameter shapes: those of the file's tensors by name.
    package func network(_ shapes: [String: [Int]]) -> String? {
        switch self {
        case .none: nil
        case .huggingFaceGPT2: HuggingFaceGPT2.network(shapes)
        case .torchvisionResNet: TorchvisionResNet.network(shapes)
        }
    }
}
