"""netdsl: a compiler for virtual network labs. `check_file`, `compile_file`, `verify_file`, `trace_file`,
`matrix_file`, `diff_file`, `graph_file`, `paper`, `measure` and `compare` are the library."""

from typing import TYPE_CHECKING

from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.library import (
        check_file,
        compare,
        compile_file,
        diff_file,
        graph_file,
        matrix_file,
        measure,
        paper,
        trace_file,
        verify_file,
    )


__all__ = [
    "__version__",
    "check_file",
    "compare",
    "compile_file",
    "diff_file",
    "graph_file",
    "matrix_file",
    "measure",
    "paper",
    "trace_file",
    "verify_file",
]


def __getattr__(name: str) -> object:
    """The library is loaded when it is first used: the command line's `--help` does without."""
    if name in __all__:
        from netdsl import library

        return getattr(library, name)
    raise AttributeError(f"module `netdsl` has no attribute `{name}`")
