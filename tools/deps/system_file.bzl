# SPDX-License-Identifier: MIT
"""A file of a package of the environment, as a target: @NAME//:file."""

_FOUND = """
exports_files(["file"], visibility = ["//visibility:public"])
"""

# Only who builds what needs the file is told that it is missing.
_MISSING = """
genrule(
    name = "missing",
    outs = ["file"],
    cmd = "echo '{message}' >&2; exit 1",
    visibility = ["//visibility:public"],
)
"""

def _system_file_impl(ctx):
    path = ctx.os.environ.get(ctx.attr.variable) or ctx.attr.path
    if ctx.path(path).exists:
        ctx.symlink(path, "file")
        ctx.file("BUILD", _FOUND)
    else:
        ctx.file("BUILD", _MISSING.format(message = path + " is missing: install " +
                                                    ctx.attr.package + ", or set " +
                                                    ctx.attr.variable + " to the file"))

system_file = repository_rule(
    implementation = _system_file_impl,
    attrs = {
        "package": attr.string(mandatory = True, doc = "Debian's name of the package"),
        "path": attr.string(mandatory = True),
        "variable": attr.string(mandatory = True, doc = "Of the environment: names another place"),
    },
    # Every `variable` there is: a change of one is seen at once.
    environ = ["VEGA_INTERPRETER_JS", "VEGA_JS"],
    local = True,
)
