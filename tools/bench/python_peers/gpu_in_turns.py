#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What this project claims of a GPU, measured in one run, as ratios.

Prints lines of name=value pairs, as things become known:

    machine   the rate of a large bfloat16 product: what a step can at best come near
    step      our training step against the eager reference step (step.py, by a python3 that has
              torch), in turns, each in a process of its own: images a second and their ratio,
              peak device memory and its ratio, and the share of the machine's rate: matrix
              operations that the step needs by its definition, over the time that it took
    methods   a step of our SNCLR over one of our MoCo v3, with the bank in either precision, each
              alone on the device
    phases    where our step's time goes, each phase waited for
    kernels   //tools/bench:gpu_kernels: each kernel against its floor
    loader    //tools/bench/python_peers:loader, where there are torchvision and --images

What a machine lacks is left out, and a line says so. A second word of 'left_out' or 'failed' is
no measurement. Ends with status 1 where something failed.

    tools/bazel run --config=cuda //tools/bench:gpu -- --images=/data/imagenet/val

On a CPU, to see that it runs:

    tools/bazel run //tools/bench:gpu -- --device=cpu --precision=fp32 --hidden=64 --turns=1 \\
        --sizes=vit_tiny/32/4/8 --methods_size=vit_tiny/32/4/8 --bank=512
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = "tools/bench/python_peers"
sys.path[:0] = [os.path.abspath(HERE), os.path.dirname(os.path.realpath(__file__))]

import step_in_turns  # pylint: disable=wrong-import-position

SIZES = "vit_small/224/16/256,vit_base/224/16/128"
METHODS_SIZE = "vit_small/224/16/1024"

failures = 0


def say(line):
    print(line, flush=True)


def fail(what, why):
    global failures
    failures += 1
    say(f"{what} failed: {why}")


class Ended(Exception):
    """A program ended before it answered; its last words."""


class Side(step_in_turns.Side):
    """As there, but for what ends: it is said, and the rest goes on."""

    def __init__(self, name, command, environment):
        self.name = name
        # Into a file: a pipe that nobody reads would fill.
        self.words = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.words, text=True, env=environment)

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer:
            answer = json.loads(answer)
            # Why a step was not recorded, for one.
            if "note" in answer:
                say(f"note {self.name}: {answer['note']}")
            return answer
        status = self.process.wait()
        self.words.seek(0)
        words = self.words.read().strip().splitlines()
        raise Ended(f"{self.name} ended with status {status}: "
                    f"{words[-1] if words else 'without a word'}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Size:
    def __init__(self, text):
        try:
            self.encoder, *numbers = text.split("/")
            self.image, self.patch, self.batch = map(int, numbers)
        except ValueError:
            sys.exit(usage(f"'{text}' is no encoder/image px/patch px/images of a step"))
        if self.encoder not in step_in_turns.VIT or min(self.image, self.patch, self.batch) < 1:
            sys.exit(usage(f"'{text}': the encoder is one of {', '.join(step_in_turns.VIT)}, the "
                           "numbers are above 0"))

    def flags(self):
        return [f"--encoder={self.encoder}", f"--image={self.image}", f"--patch={self.patch}",
                f"--batch={self.batch}"]

    def words(self):
        return (f"encoder={self.encoder} image={self.image} patch={self.patch} "
                f"batch={self.batch}")


def usage(problem):
    print(f"error: {problem}; --help says what there is", file=sys.stderr)
    return 2


class Bench:
    def __init__(self, options):
        self.options = options
        self.began = time.monotonic()
        self.environment = dict(os.environ, OMP_WAIT_POLICY="passive",
                                OMP_NUM_THREADS=str(options.threads))
        self.rate = None  # operations a second, in 1e9

    def seconds_left(self):
        return self.options.seconds - (time.monotonic() - self.began)

    def has_time(self, what, least):
        if self.seconds_left() >= least:
            return True
        say(f"{what} left_out: {self.seconds_left():.0f} of --seconds are left")
        return False

    def setting(self, size, method):
        options = self.options
        return size.flags() + [
            f"--method={method}", f"--threads={options.threads}", f"--hidden={options.hidden}",
            f"--neighbors={options.neighbors}", f"--bank={options.bank}",
            f"--device={options.device}"]

    def ours(self, size, method, bank="fp32", graph=True):
        flags = [f"--precision={self.options.precision}", f"--bank_precision={bank}"]
        if graph and self.options.device == "cuda":
            flags.append("--cuda_graph")
        return Side("our step", [step_in_turns.beside("our_step")] + self.setting(size, method) +
                    flags, self.environment)

    def peer(self, size, method):
        return Side("the peer's step", [self.options.python, step_in_turns.beside("step.py")] +
                    self.setting(size, method) +
                    [f"--precision={self.options.peer_precision or self.options.precision}"],
                    self.environment)

    def in_turns(self, sides):
        """The median seconds of a step of each side and its peak memory, MiB."""
        for side in sides:
            side.ask(f"steps {self.options.warmup}")
        seconds = [[] for _ in sides]
        for _ in range(self.options.turns):
            for side, times in zip(sides, seconds):
                times += side.ask("steps 3")["seconds"]
        ends = [side.ask("end") for side in sides]
        return ([statistics.median(times) for times in seconds],
                [end.get("gpu_peak_mib", end["peak_mib"]) for end in ends])

    def machine(self, size):
        with self.ours(size, "moco_v3") as side:
            self.rate = side.ask("probe")["gflops"]
        say(f"machine device={self.options.device} matrix_tflops={self.rate / 1e3:.3g}")

    def step(self, size, method):
        options = self.options
        what = f"step method={method} {size.words()} precision={options.precision}"
        if options.python is None:
            with self.ours(size, method) as ours:
                seconds, peak = self.in_turns([ours])
            peers = "peer left_out: no python3 that has torch" + (
                " with CUDA" if options.device == "cuda" else "")
        else:
            with self.ours(size, method) as ours, self.peer(size, method) as peer:
                seconds, peak = self.in_turns([ours, peer])
            peers = (f"peer_precision={options.peer_precision or options.precision} "
                     f"peer_images_per_s={size.batch / seconds[1]:.1f} "
                     f"ratio={seconds[1] / seconds[0]:.2f} peer_peak_mib={peak[1]:.0f} "
                     f"memory={peak[0] / peak[1]:.2f}")
        gflop = step_in_turns.step_gflop(size.encoder, size.image, size.patch, size.batch,
                                         options.hidden)
        say(f"{what} ours_images_per_s={size.batch / seconds[0]:.1f} ours_peak_mib={peak[0]:.0f} "
            f"share={gflop / seconds[0] / self.rate:.3f} {peers}")

    def methods(self, size):
        options = self.options
        # One after the other: a step of so many images may want all the memory.
        seconds, peak = [], []
        for method, bank in (("moco_v3", "fp32"), ("snclr", "fp32"), ("snclr", "bf16")):
            with self.ours(size, method, bank) as side:
                (time_of_step,), (memory,) = self.in_turns([side])
            seconds.append(time_of_step)
            peak.append(memory)
        say(f"methods {size.words()} precision={options.precision} neighbors={options.neighbors} "
            f"bank={options.bank} moco_v3_ms={1e3 * seconds[0]:.2f} "
            f"snclr_ms={1e3 * seconds[1]:.2f} snclr_bf16_bank_ms={1e3 * seconds[2]:.2f} "
            f"snclr_over_moco_v3={seconds[1] / seconds[0]:.3f} "
            f"snclr_bf16_bank_over_moco_v3={seconds[2] / seconds[0]:.3f} "
            f"moco_v3_peak_mib={peak[0]:.0f} snclr_peak_mib={peak[1]:.0f} "
            f"snclr_bf16_bank_peak_mib={peak[2]:.0f}")

    def graph(self, size):
        """What it gains that a step is one CUDA graph."""
        if self.options.device != "cuda":
            say("graph left_out: it is a GPU's")
            return
        with self.ours(size, "snclr") as graph, self.ours(size, "snclr", graph=False) as launches:
            seconds, _ = self.in_turns([graph, launches])
        say(f"graph method=snclr {size.words()} graph_ms={1e3 * seconds[0]:.2f} "
            f"single_launches_ms={1e3 * seconds[1]:.2f} ratio={seconds[1] / seconds[0]:.2f}")

    def phases(self, size):
        with self.ours(size, "snclr", "bf16", graph=False) as side:
            phases = side.ask("phases")["phases"]
        whole = sum(phases.values())
        for name, seconds in sorted(phases.items(), key=lambda item: -item[1]):
            say(f"phases method=snclr {size.words()} phase={name} ms={1e3 * seconds:.2f} "
                f"share={seconds / whole:.3f}")

    def program(self, what, command, seconds):
        """Another program's lines, with `what` before them."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment, check=False, timeout=seconds)
        for line in done.stdout.splitlines():
            say(line if line.startswith(f"{what} ") else f"{what} {line}")
        if done.returncode != 0:
            words = done.stderr.strip().splitlines()
            fail(what, words[-1] if words else f"status {done.returncode}")

    def kernels(self):
        if self.options.device != "cuda":
            say("kernels left_out: they are a GPU's")
            return
        self.program("kernels", ["tools/bench/gpu_kernels"], self.seconds_left())

    def loader(self):
        if not self.options.images:
            say("loader left_out: --images=FOLDER of JPEG files takes it in")
            return
        for python in (self.options.python, "/usr/bin/python3"):
            if not python or not runs(python, "import torch, torchvision, PIL, numpy"):
                continue
            self.environment["TORCH_PYTHON"] = python
            self.program("loader", [step_in_turns.beside("loader"),
                                    f"--root={os.path.abspath(self.options.images)}",
                                    f"--side_px={self.options.side_px}", "--rounds=3"],
                         self.seconds_left())
            return
        say("loader left_out: no python3 that has torchvision")

    def attempt(self, what, least, body, *arguments):
        if not self.has_time(what, least):
            return
        try:
            body(*arguments)
        except (Ended, subprocess.TimeoutExpired) as error:
            fail(what, str(error).splitlines()[0])


def runs(python, code):
    return subprocess.run([python, "-c", code], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def find_python(options):
    """A python3 that makes the peer's steps, or None."""
    code = "import torch; assert " + (
        "torch.cuda.is_available()" if options.device == "cuda" else "torch")
    for python in (options.python, os.environ.get("TORCH_PYTHON"), shutil.which("python3"),
                   "/opt/torch/.venv/bin/python3", "/usr/bin/python3"):
        if python and shutil.which(python) and runs(python, code):
            return python
        if python and python == options.python:
            sys.exit(usage(f"--python={python} has no torch for this device"))
    return None


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--precision", choices=("bf16", "fp16", "fp32"), default="bf16",
                        help="of autocast")
    parser.add_argument("--peer_precision", choices=("bf16", "fp16", "fp32"),
                        help="the peer's, where it is another")
    parser.add_argument("--sizes", default=SIZES,
                        help="of steps: encoder/image px/patch px/images of a step, ...")
    parser.add_argument("--methods", default="moco_v3,snclr", help="whose steps; empty: none")
    parser.add_argument("--methods_size", default=METHODS_SIZE,
                        help="of a step of SNCLR over one of MoCo v3; empty: none")
    parser.add_argument("--neighbors", type=int, default=30, help="K of SNCLR")
    parser.add_argument("--bank", type=int, default=128000, help="rows of SNCLR's bank")
    parser.add_argument("--hidden", type=int, default=4096, help="width of the heads")
    parser.add_argument("--warmup", type=int, default=6, help="steps that are not timed")
    parser.add_argument("--turns", type=int, default=5, help="of three steps each")
    parser.add_argument("--threads", type=int, default=min(8, len(os.sched_getaffinity(0))),
                        help="of each side's operators on the CPU")
    parser.add_argument("--images", help="folder of JPEG files, for the loader")
    parser.add_argument("--side_px", type=int, default=224, help="of the loader's views")
    parser.add_argument("--python", help="that makes the peer's steps; left out: one is looked for")
    parser.add_argument("--seconds", type=float, default=540, help="what all of it may take")
    options = parser.parse_args()
    options.sizes = [Size(text) for text in filter(None, options.sizes.split(","))]
    options.methods = list(filter(None, options.methods.split(",")))
    for method in options.methods:
        if method not in ("moco_v3", "snclr"):
            sys.exit(usage(f"'{method}' is no method of this benchmark"))
    options.methods_size = Size(options.methods_size) if options.methods_size else None
    if options.images:
        options.images = os.path.join(os.environ.get("BUILD_WORKING_DIRECTORY", ""),
                                      os.path.expanduser(options.images))
    options.python = find_python(options)
    return options


def main():
    bench = Bench(parse())
    sizes, methods_size = bench.options.sizes, bench.options.methods_size
    smallest = min(sizes + ([methods_size] if methods_size else []), key=lambda size: size.batch,
                   default=None)
    if smallest:
        bench.attempt("machine", 0, bench.machine, smallest)
    if bench.rate:
        for size in sizes:
            for method in bench.options.methods:
                bench.attempt(f"step method={method} {size.words()}", 40, bench.step, size, method)
        if sizes:
            bench.attempt("graph", 30, bench.graph, sizes[0])
        if methods_size:
            bench.attempt("methods", 60, bench.methods, methods_size)
            bench.attempt("phases", 20, bench.phases, methods_size)
    bench.attempt("kernels", 20, bench.kernels)
    bench.attempt("loader", 30, bench.loader)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
