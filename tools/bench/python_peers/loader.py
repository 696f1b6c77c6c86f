# SPDX-License-Identifier: MIT
"""Our loader against the Python peers': decoding and both views of the MoCo v3
recipe, images a second of one core, torchvision over PIL as the published code
has it. The two take turns over the same files; what counts is CPU time, so that
other work on the machine does not.

First every view of some images is made by both from the same draws, and they must
agree as closely as the golden recipes have to.

    tools/bazel run //tools/bench/python_peers:loader -- --root=/data/imagenet/val
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from PIL import Image, ImageFilter, ImageOps
from torchvision import transforms
from torchvision.transforms import functional

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

# Of 255, a view's mean distance, on average over views: ours rounds nothing, PIL
# after every operation (tools/conformance holds the golden recipes to the same).
# One view may be farther, as rounding moves pixels over solarize's threshold.
MOST_DISTANCE = 2
MOST_DISTANCE_OF_ONE = 8


class Blur:
    def __call__(self, image):
        sigma = float(torch.empty(1).uniform_(0.1, 2.0))
        return image.filter(ImageFilter.GaussianBlur(radius=sigma))


def recipe(side, min_area, blur, solarize):
    return transforms.Compose([
        transforms.RandomResizedCrop(side, scale=(min_area, 1.0)),
        transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
        transforms.RandomGrayscale(p=0.2),
        transforms.RandomApply([Blur()], p=blur),
        transforms.RandomApply([ImageOps.solarize], p=solarize),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
    ])


def drawn_view(drawn, side):
    """The peer's view with our draws, [3, side, side] in [0, 255]."""
    image = Image.open(drawn["image"]).convert("RGB")
    image = functional.resized_crop(image, drawn["top"], drawn["left"],
                                    drawn["height"], drawn["width"], [side, side])
    if drawn["jitter"]:
        adjust = [functional.adjust_brightness, functional.adjust_contrast,
                  functional.adjust_saturation, functional.adjust_hue]
        by = [drawn["brightness"], drawn["contrast"], drawn["saturation"], drawn["hue"]]
        for which in drawn["jitter_order"]:
            image = adjust[which](image, by[which])
    if drawn["grayscale"]:
        image = functional.rgb_to_grayscale(image, 3)
    if drawn["blur"]:
        image = image.filter(ImageFilter.GaussianBlur(radius=drawn["sigma"]))
    if drawn["solarize"]:
        image = ImageOps.solarize(image)
    if drawn["flip"]:
        image = functional.hflip(image)
    return numpy.asarray(image, numpy.float32).transpose(2, 0, 1)


class Ours:
    """The program loader_bench, which makes a round when it is told to."""

    def __init__(self, options, folder):
        command = [options.ours, f"--root={options.root}",
                   f"--images={options.images}", f"--side_px={options.side_px}",
                   f"--min_area={options.min_area}", f"--check_folder={folder}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        """The lines of the answer."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = []
        while True:
            line = self.process.stdout.readline()
            if not line:
                sys.exit(self.process.wait() or 1)  # it has said why
            if line == "\n":
                return answer
            answer.append(line.rstrip("\n"))


def check(ours, options):
    """Our views against the peer's, from the same draws: their mean distances."""
    mean = numpy.array(MEAN, numpy.float32).reshape(3, 1, 1)
    std = numpy.array(STD, numpy.float32).reshape(3, 1, 1)
    distances = []
    for line in ours.ask(f"check {options.check}"):
        drawn = json.loads(line)
        view = numpy.fromfile(drawn["pixels"], numpy.float32)
        view = view.reshape(3, options.side_px, options.side_px)
        view = (view * std + mean) * 255
        distances.append(float(numpy.abs(view - drawn_view(drawn, options.side_px)).mean()))
        if distances[-1] > MOST_DISTANCE_OF_ONE:
            sys.exit(f"error: a view is {distances[-1]:.2f} of 255 away from the peer's: {line}")
    if distances and statistics.mean(distances) > MOST_DISTANCE:
        sys.exit(f"error: views are {statistics.mean(distances):.2f} of 255 away from the peer's")
    return distances


def peers_round(files, view1, view2):
    start = time.process_time()
    for file in files:
        image = Image.open(file).convert("RGB")
        view1(image)
        view2(image)
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--root", required=True,
                        help="folder of JPEG files, or of class folders")
    parser.add_argument("--images", type=int, default=200, help="of a round")
    parser.add_argument("--side_px", type=int, default=224, help="side of a view")
    parser.add_argument("--min_area", type=float, default=0.08,
                        help="smallest crop, of the image's area")
    parser.add_argument("--rounds", type=int, default=5, help="of either side")
    parser.add_argument("--check", type=int, default=50,
                        help="images whose views are compared")
    parser.add_argument("--ours", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.root = os.path.join(os.environ.get("BUILD_WORKING_DIRECTORY", ""),
                                os.path.expanduser(options.root))
    torch.set_num_threads(1)
    view1 = recipe(options.side_px, options.min_area, blur=1.0, solarize=0.0)
    view2 = recipe(options.side_px, options.min_area, blur=0.1, solarize=0.2)
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(options, folder)
        files = ours.ask("names")
        distances = check(ours, options)
        times = {"ours": [], "peer": []}
        peers_round(files[:20], view1, view2)
        ours.ask("round")
        for _ in range(options.rounds):
            times["ours"].append(float(ours.ask("round")[0]))
            times["peer"].append(peers_round(files, view1, view2))
    rate = {who: len(files) / statistics.median(t) for who, t in times.items()}
    print(f"loader side_px={options.side_px} images={len(files)} "
          f"ours_images_per_core_second={rate['ours']:.1f} "
          f"peer_images_per_core_second={rate['peer']:.1f} "
          f"ratio={rate['ours'] / rate['peer']:.2f} "
          f"views_compared={len(distances)} "
          f"mean_distance_of_255={statistics.mean(distances or [0]):.3f} "
          f"largest_of_a_view={max(distances or [0]):.2f}")


if __name__ == "__main__":
    main()
