# SPDX-License-Identifier: MIT
"""Finds CUDA, NCCL and LibTorch's part for GPUs; used with --config=cuda alone."""

load(":libtorch.bzl", "find_libtorch")

_BUILD = """
load("@snclr//tools/deps:nvcc.bzl", "nvcc_toolkit")

package(default_visibility = ["//visibility:public"])

nvcc_toolkit(
    name = "nvcc",
    host_compiler = "{host_compiler}",
    nvcc = "{nvcc}",
)

# CUDA's and NCCL's headers. Those in /usr/include need no list.
cc_library(
    name = "headers",
    hdrs = glob(
        [
            "cuda/*.h",
            "cuda/*.hpp",
            "cuda/cccl/cuda/**",
            "cuda/cccl/nv/**",
            "cuda/crt/**",
            "cuda/nv/**",
            "nccl/*.h",
        ],
        allow_empty = True,
    ),
    includes = [{includes}],
)

cc_library(
    name = "cudart",
    linkopts = [{linkopts}] + ["-lcudart"],
    deps = [":headers"],
)

# Code asks SNCLR_NVJPEG whether it is there.
cc_library(
    name = "nvjpeg",
    hdrs = glob(["nvjpeg/nvjpeg.h"], allow_empty = True),
    defines = [{nvjpeg_defines}],
    includes = [{nvjpeg_includes}],
    linkopts = [{nvjpeg_linkopts}],
    deps = [":cudart"],
)

# Nothing of ours calls it by a symbol: loading it is what makes GPUs known.
cc_library(
    name = "torch_cuda",
    linkopts = [
        "-Wl,--no-as-needed",
        "-ltorch_cuda",
        "-lc10_cuda",
        "-Wl,--as-needed",
        # Of cuDNN, which is not there where programs are built without a GPU.
        "-Wl,--allow-shlib-undefined",
    ],
    deps = [":cudart"],
)
"""

def _first(ctx, paths):
    """The first of these paths that exists, or None."""
    for path in paths:
        if path and ctx.path(path).exists:
            return path
    return None

def _find_nvjpeg(ctx, home, torch_root):
    """How nvJPEG is used: beside CUDA, or as pip has it; not at all where it is not.

    Args:
      ctx: of the repository rule, in whose folder the header may be linked
      home: CUDA's folder
      torch_root: LibTorch's, or None

    Returns:
      A struct of lists: defines, includes, linkopts.
    """
    packages = str(torch_root) + "/../nvidia" if torch_root else None
    header = _first(ctx, [
        "/usr/include/nvjpeg.h",
        home + "/include/nvjpeg.h",
        packages + "/nvjpeg/include/nvjpeg.h" if packages else None,
        packages + "/cu13/include/nvjpeg.h" if packages else None,
    ])
    if not header:
        return struct(defines = [], includes = [], linkopts = [])
    folder = header[:-len("/include/nvjpeg.h")]
    if folder == "/usr":
        return struct(defines = ["SNCLR_NVJPEG"], includes = [], linkopts = ["-lnvjpeg"])
    library = _first(ctx, [
        folder + place + "/libnvjpeg.so" + version
        for place in ["/lib64", "/lib"]
        for version in ["", ".13", ".12"]
    ])
    if not library:
        return struct(defines = [], includes = [], linkopts = [])
    includes = []
    if folder != home:
        ctx.symlink(folder + "/include", "nvjpeg")
        includes = ["nvjpeg"]
    return struct(
        defines = ["SNCLR_NVJPEG"],
        includes = includes,
        linkopts = [library, "-Wl,-rpath," + str(ctx.path(library).dirname)],
    )

def _find_nvcc(ctx):
    home = ctx.os.environ.get("CUDA_HOME")
    if home:
        if not ctx.path(home + "/bin/nvcc").exists:
            fail("CUDA: CUDA_HOME is " + home + ", which has no bin/nvcc")
        return home + "/bin/nvcc"
    on_path = ctx.which("nvcc")
    found = str(on_path) if on_path else _first(ctx, [
        "/usr/local/cuda/bin/nvcc",
        "/opt/gpu-kit/cuda/bin/nvcc",
    ])
    if not found:
        fail("CUDA: no nvcc. Set CUDA_HOME to the toolkit's folder, or run tools/bazel with " +
             "SNCLR_ENV=rootfs, which makes an environment with CUDA.")
    return found

def _cuda_impl(ctx):
    torch = find_libtorch(ctx)
    if not torch.libraries.get_child("libtorch_cuda.so").exists:
        fail("LibTorch: " + str(torch.libraries) + " has no libtorch_cuda.so, so this LibTorch " +
             "is for CPUs alone; --config=cuda needs one for GPUs")
    nvcc = _find_nvcc(ctx)

    # nvcc 12.4 refuses g++ 14, and Debian has 13 beside it.
    host = ctx.os.environ.get("CUDAHOSTCXX") or ctx.which("g++-13") or ctx.which("g++")
    if not host:
        fail("CUDA: no g++ for nvcc; CUDAHOSTCXX can name one")

    # Debian spreads the toolkit over /usr, where everything is found by itself.
    includes, linkopts = [], []
    home = str(ctx.path(nvcc).realpath.dirname.dirname)
    if not ctx.path("/usr/include/cuda_runtime_api.h").exists:
        if not ctx.path(home + "/include/cuda_runtime_api.h").exists:
            fail("CUDA: no cuda_runtime_api.h in " + home + "/include")
        ctx.symlink(home + "/include", "cuda")
        includes.append("cuda")
        if ctx.path(home + "/include/cccl").exists:
            includes.append("cuda/cccl")
        for folder in ["/lib64", "/lib"]:
            if ctx.path(home + folder + "/libcudart.so").exists:
                linkopts = ["-L" + home + folder, "-Wl,-rpath," + home + folder]
                break
    nccl = ctx.os.environ.get("NCCL_HOME")
    folder = _first(ctx, [
        nccl + "/include/nccl.h" if nccl else None,
        home + "/include/nccl.h",
        "/usr/include/nccl.h",
        "/opt/gpu-kit/nccl/include/nccl.h",
        str(torch.root) + "/../nvidia/nccl/include/nccl.h" if torch.root else None,
    ])
    if not folder:
        fail("NCCL: no nccl.h. Set NCCL_HOME to the folder that has include/nccl.h.")
    folder = folder[:-len("/nccl.h")]
    if folder not in ["/usr/include", home + "/include"]:
        ctx.symlink(folder, "nccl")
        includes.append("nccl")

    nvjpeg = _find_nvjpeg(ctx, home, torch.root)
    ctx.file("BUILD", _BUILD.format(
        nvcc = nvcc,
        host_compiler = host,
        includes = ", ".join(['"%s"' % i for i in includes]),
        linkopts = ", ".join(['"%s"' % o for o in linkopts]),
        nvjpeg_defines = ", ".join(['"%s"' % d for d in nvjpeg.defines]),
        nvjpeg_includes = ", ".join(['"%s"' % i for i in nvjpeg.includes]),
        nvjpeg_linkopts = ", ".join(['"%s"' % o for o in nvjpeg.linkopts]),
    ))

cuda = repository_rule(
    implementation = _cuda_impl,
    environ = ["CUDA_HOME", "CUDAHOSTCXX", "LIBTORCH_ROOT", "NCCL_HOME", "PATH"],
    local = True,
)
