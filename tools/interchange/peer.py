# SPDX-License-Identifier: MIT
"""The other side of the exchange, for tests: Python's own PyTorch reads what
//tools:export wrote (peer.py read FOLDER) and saves checkpoints as published
programs do (peer.py write FOLDER). Networks are written out here with the names
of timm and torchvision, so that neither is needed."""

import argparse
import collections
import json
import os
import struct
import sys

import torch
from torch import nn

TYPES = {"F32": torch.float32, "I64": torch.int64}


def load_safetensors(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=TYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, header.get("__metadata__", {})


def save_safetensors(tensors, path):
    header, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


class TimmAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        per_head = [part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                    for part in self.qkv(x).chunk(3, dim=-1)]
        query, key, value = per_head
        weights = query @ key.mT / query.shape[-1] ** 0.5
        mixed = weights.softmax(-1) @ value
        return self.proj(mixed.transpose(1, 2).flatten(2))


class TimmBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = TimmAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(collections.OrderedDict(
            fc1=nn.Linear(width, 4 * width), act=nn.GELU(),
            fc2=nn.Linear(4 * width, width)))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TimmVit(nn.Module):
    def __init__(self, image, patch, width, depth, heads):
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        rows = (image // patch) ** 2 + 1
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, rows, width))
        self.blocks = nn.Sequential(
            *[TimmBlock(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, images):
        patches = self.patch_embed.proj(images).flatten(2).mT
        token = self.cls_token.expand(len(images), -1, -1)
        x = torch.cat([token, patches], dim=1) + self.pos_embed
        return self.norm(self.blocks(x))[:, 0]


class TorchvisionBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(),
                                 nn.Dropout(0.0), nn.Linear(4 * width, width))

    def forward(self, x):
        normed = self.ln_1(x)
        x = x + self.self_attention(normed, normed, normed)[0]
        return x + self.mlp(self.ln_2(x))


class TorchvisionVit(nn.Module):
    def __init__(self, image, patch, width, depth, heads):
        super().__init__()
        self.conv_proj = nn.Conv2d(3, width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.encoder = nn.Module()
        rows = (image // patch) ** 2 + 1
        self.encoder.pos_embedding = nn.Parameter(torch.zeros(1, rows, width))
        self.encoder.layers = nn.Sequential(collections.OrderedDict(
            (f"encoder_layer_{i}", TorchvisionBlock(width, heads))
            for i in range(depth)))
        self.encoder.ln = nn.LayerNorm(width, eps=1e-6)

    def forward(self, images):
        patches = self.conv_proj(images).flatten(2).mT
        token = self.class_token.expand(len(images), -1, -1)
        x = torch.cat([token, patches], dim=1) + self.encoder.pos_embedding
        return self.encoder.ln(self.encoder.layers(x))[:, 0]


def read(folder):
    """Every export must give the features that the C++ encoder gave."""
    def path(name):
        return os.path.join(folder, name)

    expected, sizes = load_safetensors(path("expected.safetensors"))
    sizes = {name: int(text) for name, text in sizes.items()}

    def check(what, features):
        difference = (features - expected["features"]).abs().max().item()
        assert difference < 1e-5, f"{what}: features differ by {difference}"
        print(f"{what}: features within {difference:.1e}")

    def check_timm(what, weights):
        model = TimmVit(**sizes).eval()
        model.load_state_dict(weights, strict=True)
        check(what, model(expected["images"]))

    def check_torchvision(what, weights):
        model = TorchvisionVit(**sizes).eval()
        model.load_state_dict(weights, strict=True)
        check(what, model(expected["images"]))

    def moco(weights):
        prefix = "module.base_encoder."
        assert all(name.startswith(prefix) for name in weights)
        return {name[len(prefix):]: weights[name] for name in weights}

    with torch.no_grad():
        weights, metadata = load_safetensors(path("timm.safetensors"))
        assert metadata["format"] == "pt", metadata
        assert int(metadata["num_heads"]) == sizes["heads"], metadata
        check_timm("timm.safetensors", weights)
        loaded = {name: torch.load(path(name), weights_only=True)
                  for name in ["timm.pytorch", "deit.pytorch",
                               "torchvision.pytorch", "moco_v3.pytorch"]}
        check_timm("timm.pytorch", loaded["timm.pytorch"])
        check_timm("deit.pytorch", loaded["deit.pytorch"]["model"])
        check_torchvision("torchvision.pytorch", loaded["torchvision.pytorch"])
        check_timm("moco_v3.pytorch",
                   moco(loaded["moco_v3.pytorch"]["state_dict"]))
        check_torchvision("torchvision.safetensors", load_safetensors(
            path("torchvision.safetensors"))[0])
        script = torch.jit.load(path("timm.torchscript"))
        check("timm.torchscript", script(expected["images"]))
        for _ in range(3):  # from the third run on it is compiled code
            one = script(expected["images"][:1])
        assert one.shape[0] == 1, one.shape
        check("timm.torchscript, compiled", script(expected["images"]))
        check_timm("timm.torchscript's weights", script.state_dict())


def fixed_positions(grid, width):
    """MoCo v3's table, by its formula."""
    omega = 10000.0 ** (-torch.arange(width // 4, dtype=torch.float64)
                        / (width // 4))
    y, x = torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij")
    angles = [place.flatten()[:, None] * omega for place in (y, x)]
    table = torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], 1)
    token = torch.zeros(1, width, dtype=torch.float64)
    return torch.cat([token, table])[None].float()


class Evil:
    """Touches a file when a careless program loads it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def moco_checkpoint(sizes):
    """As MoCo v3's main_moco.py saves: every part behind "module."."""
    model = nn.Module()
    model.base_encoder = TimmVit(**sizes)
    model.momentum_encoder = TimmVit(**sizes)
    model.predictor = nn.Sequential(nn.Linear(8, 8, bias=False),
                                    nn.BatchNorm1d(8, affine=False))
    for encoder in (model.base_encoder, model.momentum_encoder):
        encoder.pos_embed = nn.Parameter(
            fixed_positions(sizes["image"] // sizes["patch"], sizes["width"]),
            requires_grad=False)
        encoder.head = nn.Sequential(
            nn.Linear(sizes["width"], 8, bias=False), nn.BatchNorm1d(8))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3)
    for parameter in trained:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    weights = collections.OrderedDict(
        ("module." + name, value) for name, value in model.state_dict().items())
    weights._metadata = model.state_dict()._metadata
    return model, {"epoch": 300, "arch": "vit_small", "state_dict": weights,
                   "optimizer": optimizer.state_dict(),
                   "scaler": {"scale": 65536.0, "growth_factor": 2.0,
                              "backoff_factor": 0.5, "growth_interval": 2000,
                              "_growth_tracker": 7}}


def resnet18_weights():
    """Torchvision's names, each with a tensor of its shape."""
    weights = collections.OrderedDict()

    def conv(name, outputs, inputs, side):
        weights[name + ".weight"] = torch.randn(outputs, inputs, side, side)

    def norm(name, width):
        for part in ("weight", "bias", "running_mean", "running_var"):
            weights[f"{name}.{part}"] = torch.rand(width)
        weights[name + ".num_batches_tracked"] = torch.tensor(31200)

    conv("conv1", 64, 3, 7)
    norm("bn1", 64)
    inputs = 64
    for stage, width in enumerate((64, 128, 256, 512), start=1):
        for block in range(2):
            name = f"layer{stage}.{block}"
            conv(name + ".conv1", width, inputs, 3)
            norm(name + ".bn1", width)
            conv(name + ".conv2", width, width, 3)
            norm(name + ".bn2", width)
            if inputs != width:
                conv(name + ".downsample.0", width, inputs, 1)
                norm(name + ".downsample.1", width)
            inputs = width
    return weights


def resnet_checkpoint(weights):
    """As main_moco.py saves a ResNet: its projector in place of `fc`, LARS's
    momenta beside the weights."""
    state = collections.OrderedDict()
    for encoder in ("base_encoder", "momentum_encoder"):
        for name, value in weights.items():
            state[f"module.{encoder}.{name}"] = value
        state[f"module.{encoder}.fc.0.weight"] = torch.zeros(8, 512)
    state["module.predictor.0.weight"] = torch.zeros(8, 8)
    group = {"lr": 4.8, "weight_decay": 1e-6, "momentum": 0.9,
             "trust_coefficient": 0.001, "params": [0]}
    return {"epoch": 100, "arch": "resnet18", "state_dict": state,
            "optimizer": {"state": {0: {"mu": torch.zeros(64, 3, 7, 7)}},
                          "param_groups": [group]},
            "scaler": {}}


def save_from_gpu(content, path):
    """What a program on a GPU saves: its tensors say that they lay on one."""
    tag = torch.serialization.location_tag
    torch.serialization.location_tag = lambda storage: "cuda:0"
    try:
        torch.save(content, path)
    finally:
        torch.serialization.location_tag = tag


def flip_a_bit(path, tensor, to):
    """A copy of the file with one bit of this tensor changed."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[data.index(tensor.detach().numpy().tobytes())] ^= 1
    with open(to, "wb") as file:
        file.write(data)


def write(folder):
    def path(name):
        return os.path.join(folder, name)

    torch.manual_seed(1)
    # MoCo v3's width of ViT-S, which with its name means 12 heads.
    sizes = dict(image=32, patch=16, width=384, depth=1, heads=12)
    model, checkpoint = moco_checkpoint(sizes)
    save_from_gpu(checkpoint, path("moco.pth.tar"))
    with open(path("moco.pth.tar"), "rb") as file:
        assert b"cuda:0" in file.read(1 << 20), "says where it lay"
    resnet = resnet18_weights()
    save_from_gpu(resnet_checkpoint(resnet), path("resnet.pth.tar"))
    save_safetensors({name: value for name, value in resnet.items()
                      if value.dtype == torch.float32},
                     path("resnet_weights.safetensors"))
    light = {"epoch": 300, "arch": "vit_small",
             "state_dict": checkpoint["state_dict"]}
    torch.save(light, path("legacy.pth.tar"),
               _use_new_zipfile_serialization=False)
    torch.save(light, path("protocol4.pth.tar"), pickle_protocol=4)

    deit = TimmVit(image=16, patch=4, width=32, depth=2, heads=4)
    weights = deit.state_dict()
    weights["head.weight"] = torch.zeros(10, 32)
    weights["head.bias"] = torch.zeros(10)
    torch.save({"model": weights, "epoch": 9,
                "args": argparse.Namespace(model="tiny", lr=1e-3, device="cuda",
                                           decay=None, size=torch.Size([3, 4]),
                                           dtype=torch.float16)},
               path("deit.pth"))
    save_safetensors(deit.state_dict(), path("deit_weights.safetensors"))

    images = torch.randn(2, 3, 32, 32)
    small = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        save_safetensors({"images": images, "small": small,
                          "base": model.base_encoder(images),
                          "momentum": model.momentum_encoder(images),
                          "deit": deit(small)}, path("features.safetensors"))
    save_safetensors({name: value for name, value
                      in model.base_encoder.state_dict().items()
                      if not name.startswith("head.")},
                     path("moco_weights.safetensors"))

    flip_a_bit(path("deit.pth"), deit.cls_token, path("flipped.pth"))
    torch.serialization.set_crc32_options(False)
    torch.save({"model": weights}, path("unchecked.pth"))
    torch.serialization.set_crc32_options(True)

    evil = {"state_dict": {}, "epoch": Evil(path("owned"))}
    torch.save(evil, path("evil.pth"))
    torch.save(evil, path("evil4.pth"), pickle_protocol=4)
    torch.save(evil, path("evil_legacy.pth"),
               _use_new_zipfile_serialization=False)
    torch.save({"student": weights, "teacher": weights}, path("other.pth"))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](sys.argv[2])
