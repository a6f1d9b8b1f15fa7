"""The networks of Lockstep's run files in PyTorch, with the same parameter names: load_state_dict accepts a checkpoint's
model.safetensors unchanged. Inputs are NCHW."""

import sequence_models
from torch import nn
from torch.nn import functional as F


class MLP(nn.Module):
    """model: {mlp: {hidden: [...]}} without dropout."""

    def __init__(self, inputs, hidden, outputs, normalized=False, activation=F.relu):
        super().__init__()
        widths = [inputs, *hidden]
        self.activation = activation
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.normalization = nn.ModuleList(nn.BatchNorm1d(b) if normalized else nn.Identity() for b in hidden)
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, x):
        x = x.flatten(1)
        for layer, normalization in zip(self.hidden, self.normalization):
            x = self.activation(normalization(layer(x)))
        return self.output(x)


class Stage(nn.Module):
    def __init__(self, inputs, channels, normalized, layers=1, pool=F.max_pool2d, activation=F.relu):
        super().__init__()
        widths = [inputs] + [channels] * layers
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1, bias=not normalized) for a, b in zip(widths, widths[1:])
        )
        self.normalizations = nn.ModuleList(
            nn.BatchNorm2d(channels) if normalized else nn.Identity() for _ in range(layers)
        )
        self.pool, self.activation = pool, activation

    def forward(self, x):
        for convolution, normalization in zip(self.convolutions, self.normalizations):
            x = self.activation(normalization(convolution(x)))
        return self.pool(x, 2) if self.pool else x


class CNN(nn.Module):
    """model: {cnn: {stages: [{channels: ...}, ...], dense: [...]}} without dropout, kernels 3.

    `pools` has a function, or None, for each stage."""

    def __init__(
        self, size, inputs, channels, dense, outputs, normalized=False, layers=1, pools=None, activation=F.relu
    ):
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        pools = pools or [F.max_pool2d] * len(channels)
        widths = [inputs, *channels]
        self.activation = activation
        self.stages = nn.ModuleList(
            Stage(a, b, normalized, layers, pool, activation) for a, b, pool in zip(widths, widths[1:], pools)
        )
        for pool in pools:
            height, width = (height // 2, width // 2) if pool else (height, width)
        widths = [height * width * channels[-1], *dense]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        x = x.flatten(1)
        for layer in self.dense:
            x = self.activation(layer(x))
        return self.output(x)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """model: {resnet: {depth: 6n + 2, width: w}}, or with blocks, block: bottleneck and stem: conv7_pool."""

    def __init__(self, inputs, depth, width, outputs, blocks=None, bottleneck=False, pooled=False):
        super().__init__()
        self.pooled = pooled
        self.conv1 = nn.Conv2d(inputs, width, 7 if pooled else 3, 2 if pooled else 1, 3 if pooled else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        self.stages = len(blocks or range(3))
        for group, count in enumerate(blocks or 3 * [(depth - 2) // 6]):
            stage = nn.Sequential()
            for number in range(count):
                make = Bottleneck if bottleneck else Block
                stage.append(make(channels, width << group, 2 if group and not number else 1))
                channels = (width << group) * (4 if bottleneck else 1)
            setattr(self, f"layer{group + 1}", stage)
        self.fc = nn.Linear(channels, outputs)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.pooled:
            x = F.max_pool2d(x, 3, 2, 1)
        for group in range(self.stages):
            x = getattr(self, f"layer{group + 1}")(x)
        return self.fc(x.mean((2, 3)))


class Separable(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.depthwise_bn = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pointwise_bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        x = F.relu(self.depthwise_bn(self.depthwise(x)))
        return F.relu(self.pointwise_bn(self.pointwise(x)))


class MobileNet(nn.Module):
    """model: {mobilenet: {stem: s, stages: [{channels: c, blocks: b, stride: t}, ...]}} of width 1.

    `stages` has a tuple (channels, blocks, stride) for each stage."""

    def __init__(self, inputs, stem, stages, outputs):
        super().__init__()
        self.stem = nn.Module()
        self.stem.conv = nn.Conv2d(inputs, stem, 3, 1, 1, bias=False)
        self.stem.bn = nn.BatchNorm2d(stem)
        self.blocks = nn.Sequential()
        for channels, blocks, stride in stages:
            for number in range(blocks):
                self.blocks.append(Separable(stem, channels, 1 if number else stride))
                stem = channels
        self.fc = nn.Linear(stem, outputs)

    def forward(self, x):
        x = self.blocks(F.relu(self.stem.bn(self.stem.conv(x))))
        return self.fc(x.mean((2, 3)))


def make(name):
    """The networks of the comparisons: for 28 x 28 grey images and 10 classes, or for texts of 32 bytes at once."""
    return {
        "mlp": lambda: MLP(784, [512, 256], 10),
        "cnn": lambda: CNN(28, 1, [32, 64], [128], 10),
        "fashion_cnn": lambda: CNN(28, 1, [32, 64, 128], [128], 10, normalized=True),
        "resnet": lambda: ResNet(1, 8, 16, 10),
        "gpt": lambda: sequence_models.GPT(2, 64, 4, 256, 32),
        "lstm": lambda: sequence_models.RecurrentLanguageModel("lstm", 2, 32, 48),
    }[name]()


def nchw(x):
    """Images from Lockstep's NHWC; other inputs unchanged."""
    return x.permute(0, 3, 1, 2).contiguous() if x.dim() == 4 else x
