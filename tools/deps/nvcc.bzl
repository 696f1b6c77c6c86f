# SPDX-License-Identifier: MIT
"""CUDA files in builds with --config=cuda.

A kernel stands in a .cu file of its own, behind a header of plain C++ that both
builds see:

    cuda_objects(name = "adamw_cuda", srcs = ["adamw_cuda.cu"], deps = [":adamw_step"])

    cc_library(
        name = "adamw_device",
        srcs = select({
            "//tools/config:cuda": [":adamw_cuda"],
            "//conditions:default": ["no_adamw_cuda.cc"],
        }),
        hdrs = ["adamw_cuda.h"],
    )

A .cu file includes no header of LibTorch, which nvcc takes a minute for: it gets
pointers, sizes and a stream.
"""

NvccInfo = provider(
    doc = "How this machine compiles CUDA.",
    fields = {
        "nvcc": "path of the compiler",
        "host_compiler": "path of the C++ compiler that it calls",
    },
)

def _nvcc_toolkit_impl(ctx):
    return [NvccInfo(
        nvcc = ctx.attr.nvcc,
        host_compiler = ctx.attr.host_compiler,
    )]

nvcc_toolkit = rule(
    implementation = _nvcc_toolkit_impl,
    attrs = {
        "nvcc": attr.string(mandatory = True),
        "host_compiler": attr.string(mandatory = True),
    },
)

# Ampere and Hopper, and code that the driver of anything newer finishes. As for
# the processor (.bazelrc), no fused multiply-add behind the reader's back: what
# is computed in one order on both then has the same bits.
_FLAGS = [
    "-std=c++17",
    "-O3",
    "-gencode=arch=compute_80,code=sm_80",
    "-gencode=arch=compute_90,code=sm_90",
    "-gencode=arch=compute_90,code=compute_90",
    "-fmad=false",
    "-Xcompiler=-fPIC,-Wall,-Wextra,-Wno-unused-parameter,-ffp-contract=off",
]

def _cuda_objects_impl(ctx):
    toolkit = ctx.attr._toolkit[NvccInfo]
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    objects = []
    for source in ctx.files.srcs:
        if source.extension != "cu":
            continue
        object = ctx.actions.declare_file("%s/%s.pic.o" % (ctx.label.name, source.basename))
        objects.append(object)
        arguments = ctx.actions.args()
        arguments.add("-ccbin", toolkit.host_compiler)
        arguments.add_all(_FLAGS)
        arguments.add("-I.")
        arguments.add_all(context.quote_includes, before_each = "-I")
        arguments.add_all(context.includes, before_each = "-I")
        arguments.add_all(context.system_includes, before_each = "-isystem")
        arguments.add_all(context.defines, before_each = "-D")
        arguments.add("-c", source)
        arguments.add("-o", object)
        ctx.actions.run(
            executable = toolkit.nvcc,
            arguments = [arguments],
            inputs = depset(ctx.files.srcs, transitive = [context.headers]),
            outputs = [object],
            mnemonic = "NvccCompile",
            progress_message = "Compiling " + source.short_path,
            use_default_shell_env = True,
        )
    return [DefaultInfo(files = depset(objects))]

_cuda_objects = rule(
    implementation = _cuda_objects_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cu", ".cuh", ".h"]),
        "deps": attr.label_list(providers = [CcInfo]),
        "_toolkit": attr.label(default = "@cuda//:nvcc"),
    },
)

def cuda_objects(name, **kwargs):
    """Objects of .cu files, for the srcs of a cc_library.

    Args:
      name: a target that builds without CUDA do not touch
      **kwargs: srcs (.cu files, and headers of their own), deps (libraries whose
        headers they include)
    """
    _cuda_objects(
        name = name,
        tags = kwargs.pop("tags", []) + ["manual"],
        visibility = kwargs.pop("visibility", ["//visibility:private"]),
        **kwargs
    )
