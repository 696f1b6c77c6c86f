#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""This project's training step against the Python peer's, in turns within one run.

Each has a process of its own (so its peak memory is its own) and sleeps while the other makes a
step. Prints one line of name=value pairs for each setting; ratio is ours over the peer's in
images per second, memory is ours over the peer's peak. The share is of the machine's rate for a
2048^3 float32 product, measured between the steps: matrix operations that the step needs by
its definition, over the time that it took.

Both get OMP_WAIT_POLICY=passive and the same number of threads. What else our program sets for
itself (snclr/core/base/process_settings.h) the peer's user would have to know of;
--patient_peer gives it to the peer too.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = "tools/bench/python_peers"
VIT = {"vit_tiny": (192, 12), "vit_small": (384, 12), "vit_base": (768, 12)}
SIZES = {  # encoder, image px, patch px, images of a step
    "small224": ("vit_small", 224, 16, 16),
    "tiny32": ("vit_tiny", 32, 4, 128),
}


def beside(name):
    """A program of this folder: `bazel run` starts this one among its runfiles."""
    for folder in (HERE, os.path.dirname(os.path.abspath(__file__))):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return os.path.abspath(path)
    sys.exit(f"error: {name} is neither in {HERE} nor beside {__file__}; "
             "start this with `tools/bazel run //tools/bench/python_peers:step`")


def step_gflop(encoder, image, patch, batch, hidden=4096, embedding=256):
    """Multiplications and additions of matrix products in a step, in 1e9: two views through
    encoder and heads, backward at twice that (none for the frozen patch projection), two views
    through the momentum branch."""
    width, depth = VIT[encoder]
    patches = (image // patch) ** 2
    tokens = patches + 1
    patch_embedding = 2 * patches * 3 * patch * patch * width
    blocks = depth * (2 * tokens * 12 * width * width + 4 * tokens * tokens * width)
    projector = 2 * (width * hidden + hidden * hidden + hidden * embedding)
    predictor = 2 * 2 * embedding * hidden
    view = 2 * patch_embedding + 4 * (blocks + projector) + 3 * predictor
    return 2 * batch * view / 1e9


class Side:
    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"error: {self.process.args[0]} ended with status {self.process.wait()}")
        return json.loads(answer)


def setting(size, method, options):
    encoder, image, patch, batch = SIZES[size]
    return [f"--method={method}", f"--encoder={encoder}", f"--image={image}", f"--patch={patch}",
            f"--batch={batch}", f"--threads={options.threads}"]


def our_side(size, method, options):
    return Side([beside("our_step")] + setting(size, method, options), environment(options))


def peer_side(size, method, options):
    more = {"OPENBLAS_THREAD_TIMEOUT": "4"} if options.patient_peer else {}
    return Side([sys.executable, beside("step.py")] + setting(size, method, options),
                dict(environment(options), **more))


def environment(options):
    return dict(os.environ, OMP_WAIT_POLICY="passive", OMP_NUM_THREADS=str(options.threads))


def in_turns(first, second, turns):
    """The median seconds of a step and the peak MiB of each side, and the matrix rate that the
    first saw between the steps, in GFLOP/s."""
    sides = (first, second)
    for side in sides:
        side.ask("steps 1")
    seconds, gflops = ([], []), []
    for _ in range(turns):
        gflops.append(first.ask("probe")["gflops"])
        for side, times in zip(sides, seconds):
            times += side.ask("steps 1")["seconds"]
    return ([statistics.median(times) for times in seconds],
            [side.ask("end")["peak_mib"] for side in sides], statistics.median(gflops))


def compare(size, method, options):
    encoder, image, patch, batch = SIZES[size]
    seconds, peak, rate = in_turns(our_side(size, method, options),
                                   peer_side(size, method, options), options.turns)
    ours, peer = batch / seconds[0], batch / seconds[1]
    share = step_gflop(encoder, image, patch, batch) / seconds[0] / rate
    print(f"step method={method} encoder={encoder} image={image} patch={patch} batch={batch} "
          f"threads={options.threads} patient_peer={int(options.patient_peer)} "
          f"ours_images_per_s={ours:.2f} peer_images_per_s={peer:.2f} ratio={ours / peer:.2f} "
          f"ours_peak_mib={peak[0]:.0f} peer_peak_mib={peak[1]:.0f} "
          f"memory={peak[0] / peak[1]:.2f} matrix_gflops={rate:.0f} share={share:.2f}", flush=True)


def compare_methods(size, options):
    encoder, image, patch, batch = SIZES[size]
    seconds, peak, _ = in_turns(our_side(size, "snclr", options),
                                our_side(size, "moco_v3", options), options.turns)
    print(f"methods encoder={encoder} image={image} patch={patch} batch={batch} neighbors=30 "
          f"bank=16384 threads={options.threads} snclr_s={seconds[0]:.3f} "
          f"moco_v3_s={seconds[1]:.3f} snclr_over_moco_v3={seconds[0] / seconds[1]:.3f} "
          f"snclr_peak_mib={peak[0]:.0f} moco_v3_peak_mib={peak[1]:.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", default=",".join(SIZES), help="of " + ", ".join(SIZES))
    parser.add_argument("--methods", default="moco_v3,snclr",
                        help="of moco_v3, snclr; empty: none against the peer")
    parser.add_argument("--turns", type=int, default=5, help="steps of each, after one to warm up")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="of each side's operators; left out: the cores there are")
    parser.add_argument("--between_methods", action="store_true",
                        help="also this project's SNCLR against its MoCo v3, in turns")
    parser.add_argument("--patient_peer", action="store_true",
                        help="sets OPENBLAS_THREAD_TIMEOUT=4 for the peer, as ours does for itself")
    options = parser.parse_args()
    sizes, methods = options.sizes.split(","), list(filter(None, options.methods.split(",")))
    for name in sizes + methods:
        if name not in SIZES and name not in ("moco_v3", "snclr"):
            parser.error(f"'{name}' is no size or method of this benchmark")
    for size in sizes:
        for method in methods:
            compare(size, method, options)
        if options.between_methods:
            compare_methods(size, options)


if __name__ == "__main__":
    main()
