"""The package list, computed: `grammar/` and `backends/` lie at the top and ship inside `netdsl`."""

from tempfile import TemporaryDirectory

from setuptools import find_packages, setup


def _placed(folder: str, package: str) -> list[str]:
    return [package, *(f"{package}.{name}" for name in find_packages(folder))]


# Not in `build/`, where labs are, and where a file that is gone since would be found again.
with TemporaryDirectory(prefix="netdsl-") as folder:
    setup(
        packages=[
            *_placed("netdsl", "netdsl"),
            *_placed("grammar", "netdsl.grammar"),
            *_placed("backends", "netdsl.backends"),
        ],
        options={"build": {"build_base": folder}},
    )
