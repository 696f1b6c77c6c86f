#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Python peer's training step: MoCo v3 or SNCLR as their published code computes it.

Written for this benchmark from the published description, in plain PyTorch and with the
costs that the published programs have: attention that writes its matrix out (as timm 0.4.9
does), one view after the other, a momentum update for each parameter, torch's AdamW, and for
SNCLR a bank that is normalised at each lookup and [B, B (K+1)] label and mask matrices.

It makes steps when it is told to (see step_in_turns.py): a line "steps N" on its input makes N of
them and prints their seconds; "end" prints the most memory that the process ever held.

On a GPU (--device=cuda) it is the eager step that the published programs make there: float16 or
bfloat16 autocast around model and loss, with float16 a loss scale.
"""
import argparse
import contextlib
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

WIDTH_DEPTH_HEADS = {"vit_tiny": (192, 12, 3), "vit_small": (384, 12, 12), "vit_base": (768, 12, 12)}
TEMPERATURE = 0.2
MOMENTUM = 0.99
EMBEDDING = 256


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens):
        n, length, width = tokens.shape
        qkv = self.qkv(tokens).reshape(n, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = ((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, tokens):
        tokens = tokens + self.attn(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class VisionTransformer(nn.Module):
    """With its projector; the patch projection is frozen."""

    def __init__(self, options, projector):
        super().__init__()
        width, depth, heads = WIDTH_DEPTH_HEADS[options.encoder]
        patches = (options.image // options.patch) ** 2
        self.patch = nn.Conv2d(3, width, options.patch, options.patch).requires_grad_(False)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.randn(1, patches + 1, width) * 0.02, requires_grad=False)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = projector(width)

    def forward(self, images):
        patches = self.patch(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], 1) + self.positions
        return self.head(self.norm(self.blocks(tokens))[:, 0])


def head(layers, width, hidden):
    modules = []
    for layer in range(layers):
        last = layer == layers - 1
        out = EMBEDDING if last else hidden
        modules += [nn.Linear(width if layer == 0 else hidden, out, bias=False),
                    nn.BatchNorm1d(out, affine=not last)]
        if not last:
            modules.append(nn.ReLU(inplace=True))
    return nn.Sequential(*modules)


class Peer(nn.Module):
    """Two views to the loss; what both methods share."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        encoder = lambda: VisionTransformer(options, lambda width: head(3, width, options.hidden))
        self.encoder, self.momentum_encoder = encoder(), encoder()
        self.momentum_encoder.load_state_dict(self.encoder.state_dict())
        self.momentum_encoder.requires_grad_(False)
        self.predictor = head(2, EMBEDDING, options.hidden)

    @torch.no_grad()
    def update_momentum(self):
        for trained, moving in zip(self.encoder.parameters(), self.momentum_encoder.parameters()):
            moving.data = moving.data * MOMENTUM + trained.data * (1 - MOMENTUM)

    def forward(self, view1, view2):
        embedding1, embedding2 = self.encoder(view1), self.encoder(view2)
        query1, query2 = self.predictor(embedding1), self.predictor(embedding2)
        with torch.no_grad():
            self.update_momentum()
            key1, key2 = self.momentum_encoder(view1), self.momentum_encoder(view2)
        return self.loss((query1, embedding1, key1), (query2, embedding2, key2))


class MocoV3(Peer):
    def loss(self, first, second):
        return self.direction(first[0], second[2]) + self.direction(second[0], first[2])

    def direction(self, query, key):
        logits = functional.normalize(query) @ functional.normalize(key).t() / TEMPERATURE
        return functional.cross_entropy(logits, torch.arange(len(query))) * (2 * TEMPERATURE)


class Snclr(Peer):
    def __init__(self, options):
        super().__init__(options)
        # Stored [D, M], as published.
        self.register_buffer("bank", functional.normalize(torch.randn(EMBEDDING, options.bank), dim=0))
        self.pushed = 0

    def loss(self, first, second):
        with torch.no_grad():
            near1, near2 = self.lookup(first[2]), self.lookup(second[2])
            self.push(second[2])
        return (self.direction(first[0], first[1], second[2], near2) +
                self.direction(second[0], second[1], first[2], near1))

    def lookup(self, keys):
        bank = self.bank.clone().t()
        similarity = functional.normalize(keys) @ functional.normalize(bank).t()
        nearest = similarity.topk(self.options.neighbors)[1].reshape(-1)
        return bank.index_select(0, nearest)  # [B K, D]

    def push(self, keys):
        begin = self.pushed % self.options.bank
        self.bank[:, begin:begin + len(keys)] = keys.t()[:, :self.options.bank - begin]
        self.pushed += len(keys)

    def direction(self, query, embedding, key, neighbors):
        batch, count = len(query), self.options.neighbors
        candidates = torch.cat([key.unsqueeze(1), neighbors.view(batch, count, -1)], 1).flatten(0, 1)
        logits = functional.normalize(query) @ functional.normalize(candidates).t() / TEMPERATURE
        scores = functional.normalize(embedding) @ functional.normalize(neighbors).t()
        # All but an image's own K columns are pushed out of the softmax.
        mask = ((torch.eye(batch) - 1) * 999).repeat_interleave(count, 1)
        weights = (scores + mask).softmax(-1).view(batch, batch, count)
        labels = torch.cat([torch.eye(batch).unsqueeze(2), weights], 2).flatten(1)
        return -(logits.log_softmax(-1) * labels).sum(-1).mean() * (2 * TEMPERATURE)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--method", choices=("moco_v3", "snclr"), required=True)
    parser.add_argument("--encoder", choices=sorted(WIDTH_DEPTH_HEADS), required=True)
    parser.add_argument("--image", type=int, required=True, help="side, pixels")
    parser.add_argument("--patch", type=int, required=True, help="side, pixels")
    parser.add_argument("--batch", type=int, required=True, help="images of a step")
    parser.add_argument("--hidden", type=int, default=4096, help="width of the heads")
    parser.add_argument("--neighbors", type=int, default=30, help="K of SNCLR")
    parser.add_argument("--bank", type=int, default=16384, help="rows of SNCLR's bank")
    parser.add_argument("--threads", type=int, required=True, help="of torch's operators")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", choices=("fp32", "bf16", "fp16"), default="fp32",
                        help="of autocast; fp32: none")
    return parser.parse_args()


def main():
    options = parse()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    torch.set_default_device(options.device)
    model = {"moco_v3": MocoV3, "snclr": Snclr}[options.method](options)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, 1.5e-4, weight_decay=0.1)
    views = [torch.randn(options.batch, 3, options.image, options.image) for _ in range(2)]
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(options.precision)
    autocast = (lambda: torch.autocast(options.device, dtype)) if dtype else contextlib.nullcontext
    scaler = torch.amp.GradScaler(options.device, enabled=options.precision == "fp16")

    def step():
        with autocast():
            loss = model(*views)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()  # waits for the device

    for line in sys.stdin:
        command = line.split()
        if command[0] == "end":
            answer = {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
            if options.device == "cuda":
                answer["gpu_peak_mib"] = torch.cuda.max_memory_allocated() / 2**20
            print(json.dumps(answer), flush=True)
            return
        seconds = []
        for _ in range(int(command[1])):
            begin = time.perf_counter()
            loss = step()
            seconds.append(time.perf_counter() - begin)
        print(json.dumps({"seconds": seconds, "loss": loss}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except torch.cuda.OutOfMemoryError as error:
        sys.exit(f"error: {str(error).splitlines()[0]}")
