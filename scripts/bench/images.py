#!/usr/bin/env python3
"""The measurement of scripts/bench/images: see there."""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch
from PIL import Image

try:
    import torchvision
except RuntimeError:
    # A torchvision that was built for another torch: its compiled operators are missing, and no transform of images needs them.
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor a, Tensor b, float c) -> Tensor")
    import torchvision

from torchvision import datasets, transforms

SIDE, BATCH, SHORTER = 224, 50, 256


def make_images(folder, count):
    """Smooth colours with noise, in two classes: JPEG files of the size and density of photographs, about 60 KB each."""
    random = np.random.default_rng(1)
    for number in range(count):
        coarse = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        image = np.asarray(Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC), dtype=np.float32)
        image = np.clip(image + random.normal(0, 9, image.shape), 0, 255).astype(np.uint8)
        path = folder / f"class-{number % 2}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, quality=87)


def torch_loader(folder, workers):
    prepare = transforms.Compose(
        [
            transforms.Resize(SHORTER),
            transforms.CenterCrop(SIDE),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        ]
    )
    return torch.utils.data.DataLoader(
        datasets.ImageFolder(folder, prepare),
        batch_size=BATCH,
        shuffle=True,
        num_workers=workers,
        persistent_workers=True,
        prefetch_factor=4,
    )


def torch_speed(loader):
    begin, count = time.perf_counter(), 0
    for images, _ in loader:
        count += len(images)
    return count / (time.perf_counter() - begin)


def lockstep_speed(binary, run_file, steps, reduces):
    command = [
        binary,
        "bench",
        "data",
        run_file,
        "--steps",
        str(steps),
        "--warmup",
        "2",
        "--repetitions",
        "1",
        "--json",
    ]
    command += ["--set", f"data.image_folder.reduce_jpeg={str(reduces).lower()}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["samples_per_second"][0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json")
    parser.add_argument("--keep")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(options.keep or scratch) / "images"
        if not folder.is_dir():
            make_images(folder, options.images)
        run_file = pathlib.Path(scratch) / "run.yaml"
        run_file.write_text(
            f"model: {{mlp: {{hidden: [2]}}}}\nbatch: {BATCH}\nmax_steps: 1\noptimizer: sgd\nloader_threads: {options.threads}\n"
            f"data: {{image_folder: {{train: {folder}, size: [{SIDE}], resize: {SHORTER}, statistics_images: 100}}}}\n"
        )
        steps = options.images // BATCH
        loader = torch_loader(folder, options.threads)
        torch_speed(loader)
        rows = []
        for _ in range(options.pairs):
            exact = lockstep_speed(options.binary, run_file, steps, reduces=False)
            peer = torch_speed(loader)
            fast = lockstep_speed(options.binary, run_file, steps, reduces=True)
            rows.append({"lockstep": fast, "lockstep_full_size": exact, "torchvision": peer})
    print(f"{options.pairs} pairs, {options.threads} threads, images per second: median (quartiles)")
    for name in rows[0]:
        values = [row[name] for row in rows]
        ratios = [row[name] / row["torchvision"] for row in rows]
        print(f"  {name:20} {quartiles(values, 0)}   ratio {quartiles(ratios, 2)}")
    if options.json:
        versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
        pathlib.Path(options.json).write_text(json.dumps({"versions": versions, "pairs": rows}, indent=1) + "\n")


def quartiles(values, digits):
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
