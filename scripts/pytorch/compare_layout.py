"""Compares other libraries' networks with Lockstep's that have their weights; scripts/pytorch/compare-layout says how."""

import csv
import importlib.util
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file

COMMON = """batch: 8
shards: 2
max_steps: 1
optimizer: {{sgd: {{learning_rate: 0.0}}}}
initialize: {{from: {folder}/weights.safetensors, layout: {layout}}}
"""


def allow_missing_operators():
    """Lets torchvision's package for CUDA be imported beside a PyTorch for processors: it lacks operators that no network here uses."""
    register = torch.library.Library.impl

    def register_if_there(*arguments, **options):
        try:
            return register(*arguments, **options)
        except RuntimeError as error:
            if "does not exist" not in str(error):
                raise

    torch.library.Library.impl = register_if_there


def resnet(name):
    import torchvision

    torch.manual_seed(1)
    network = getattr(torchvision.models, name)(num_classes=7)
    # Statistics as of a trained network; the weights are random.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
    return network.eval()


def gpt2(name):
    import transformers

    torch.manual_seed(1)
    tokens = 256 if name == "gpt2" else 50257
    settings = transformers.GPT2Config(
        vocab_size=tokens, bos_token_id=None, eos_token_id=None, n_positions=40, n_embd=48, n_layer=3, n_head=4
    )
    network = transformers.GPT2LMHeadModel(settings)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return network.eval()


def make(name, folder):
    g = np.random.default_rng(1)
    if name.startswith("resnet"):
        save_file(resnet(name).state_dict(), folder / "weights.safetensors")
        for part, count in (("train", 16), ("test", 11)):
            np.save(folder / f"{part}.npy", g.integers(0, 256, (count, 64, 48, 3), dtype=np.uint8))
            np.save(folder / f"{part}-labels.npy", np.arange(count) % 7)
        blocks = {"resnet18": [2, 2, 2, 2]}.get(name, [3, 4, 6, 3])
        kind = "bottleneck" if name == "resnet50" else "basic"
        model = f"model: {{resnet: {{blocks: {blocks}, block: {kind}, stem: conv7_pool, width: 64}}}}"
        data = ", ".join(
            f"{part}_{kind}: {folder}/{part}{file}.npy"
            for part in ("train", "test")
            for kind, file in (("inputs", ""), ("targets", "-labels"))
        )
        text = f"{model}\ndata: {{npy: {{{data}}}}}\n" + COMMON.format(folder=folder, layout="torchvision_resnet")
    else:
        gpt2(name).save_pretrained(folder / "saved")
        (folder / "saved/model.safetensors").rename(folder / "weights.safetensors")
        (folder / "text").write_bytes(g.integers(0, 256, 4000, dtype=np.uint8).tobytes())
        model = "model: {gpt: {layers: 3, width: 48, heads: 4, activation: gelu_tanh}}"
        data = f"data: {{text: {{path: {folder}/text, context: 24}}}}"
        text = f"{model}\n{data}\n" + COMMON.format(folder=folder, layout="huggingface_gpt2")
    (folder / "run.yaml").write_text(text)


def exported(folder):
    spec = importlib.util.spec_from_file_location("ours", folder / "ours.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()


@torch.no_grad()
def images(name, folder):
    """Lockstep's predictions against torchvision's network. The step has moved the running statistics: it gets ours."""
    network = resnet(name)
    ours = load_file(folder / "run/checkpoints/latest/model.safetensors")
    for key, value in network.state_dict().items():
        if "running" not in key and "num_batches" not in key:
            assert torch.equal(ours[key], value), key
        elif "running_mean" in key:
            assert (ours[key] - 0.9 * value).abs().max() > 0, key
    network.load_state_dict(ours)
    inputs = torch.from_numpy(np.load(folder / "test.npy")).permute(0, 3, 1, 2)
    module = exported(folder)
    logits = network(inputs * module.input_scale + module.input_shift)
    with open(folder / "predictions.csv", newline="") as file:
        header, *rows = csv.reader(file)
    places = [i for i, name in enumerate(header) if name.startswith("probability")]
    ours = torch.tensor([[float(row[i]) for i in places] for row in rows], dtype=torch.float64).log()
    # Logits up to a summand of each sample.
    theirs = logits.double().log_softmax(1)
    return max((ours - theirs).abs().max().item(), (module(inputs)[0] - logits).abs().max().item())


@torch.no_grad()
def texts(name, folder):
    """Lockstep's network, as `export --torch` writes it, against that of transformers."""
    network = gpt2(name)
    text = torch.tensor(list((folder / "text").read_bytes()[:480])).reshape(20, 24)
    tokens = torch.arange(256)
    if name != "gpt2":
        printing = [*range(33, 127), *range(161, 173), *range(174, 256)]
        order = printing + [byte for byte in range(256) if byte not in printing]
        tokens[order] = torch.arange(256)
    theirs = network(tokens[text]).logits[..., tokens]
    return (exported(folder)(text) - theirs).abs().max().item()


if __name__ == "__main__":
    allow_missing_operators()
    command, name, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if command == "make":
        sys.exit(make(name, folder))
    largest = (images if name.startswith("resnet") else texts)(name, folder)
    print(f"largest difference {largest:.3g}")
    if not largest <= 1e-4:
        sys.exit("compare-layout: it is above 1e-4")
