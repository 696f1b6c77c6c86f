# SPDX-License-Identifier: MIT
"""Finds LibTorch on this machine and makes @libtorch//:libtorch of it."""

_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "headers",
    hdrs = glob(["include/**"], allow_empty = True),
    includes = [{includes}],
)

cc_library(
    name = "libtorch",
    linkopts = [{linkopts}],
    deps = [":headers"],
)
"""

def _python_torch(ctx):
    """The folder of python3's torch, or None."""
    python = ctx.which("python3")
    if not python:
        return None
    found = ctx.execute([
        python,
        "-c",
        "import importlib.util as u; s = u.find_spec('torch'); " +
        "print(list(s.submodule_search_locations)[0] if s else '')",
    ])
    folder = found.stdout.strip()
    if found.return_code != 0 or not folder:
        return None

    # Debian's python3-torch stands on the system's LibTorch and its headers.
    if folder.startswith("/usr/lib/python3/"):
        return None
    return folder if ctx.path(folder + "/include/ATen").exists else None

def find_libtorch(ctx):
    """Where LibTorch is; fails with one line where it is not.

    Args:
      ctx: of a repository rule, whose environ has LIBTORCH_ROOT and PATH

    Returns:
      A struct of `root` (its folder, or None where it is the system's) and
      `libraries`, the path of the folder with libtorch_cpu.so.
    """
    root = ctx.os.environ.get("LIBTORCH_ROOT") or _python_torch(ctx)
    if root:
        if not ctx.path(root + "/include/ATen").exists:
            fail("LibTorch: LIBTORCH_ROOT is " + root + ", which has no include/ATen")
        libraries = ctx.path(root + "/lib")
    elif ctx.path("/usr/include/ATen").exists:
        libraries = ctx.path("/usr/lib/x86_64-linux-gnu")
        if not libraries.get_child("libtorch_cpu.so").exists:
            libraries = ctx.path("/usr/lib/aarch64-linux-gnu")
    else:
        fail("LibTorch: not found. Set LIBTORCH_ROOT to its folder, install python3's torch " +
             "or Debian 13's libtorch-dev, or run tools/bazel with SNCLR_ENV=rootfs.")
    if not libraries.get_child("libtorch_cpu.so").exists:
        fail("LibTorch: no libtorch_cpu.so in " + str(libraries))
    return struct(root = root, libraries = libraries)

def _libtorch_impl(ctx):
    root = find_libtorch(ctx).root
    if root:
        ctx.symlink(root + "/include", "include")
        includes = ["include", "include/torch/csrc/api/include"]
        linkopts = ["-L" + root + "/lib", "-Wl,-rpath," + root + "/lib"]
    else:
        ctx.symlink("/usr/include/torch/csrc/api/include", "include")
        includes = ["include"]
        linkopts = []
    linkopts = linkopts + ["-Wl,--no-as-needed", "-ltorch_cpu", "-lc10", "-Wl,--as-needed"]
    ctx.file("BUILD", _BUILD.format(
        includes = ", ".join(['"%s"' % i for i in includes]),
        linkopts = ", ".join(['"%s"' % o for o in linkopts]),
    ))

libtorch = repository_rule(
    implementation = _libtorch_impl,
    environ = ["LIBTORCH_ROOT", "PATH"],
    local = True,
)
