"""The package list, computed: `grammar/` and `backends/` lie at the top and ship inside `netdsl`."""

from setuptools import find_packages, setup


def _placed(folder: str, package: str) -> list[str]:
    return [package, *(f"{package}.{name}" for name in find_packages(folder))]


setup(
    packages=[
        *_placed("netdsl", "netdsl"),
        *_placed("grammar", "netdsl.grammar"),
        *_placed("backends", "netdsl.backends"),
    ]
)
