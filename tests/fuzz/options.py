"""What all fuzzers are called with that go on where they stopped."""

from argparse import ArgumentParser
from pathlib import Path


def options_of(target: str, of: str, description: str | None, *, count: int) -> ArgumentParser:
    """The options of `make TARGET`. `of`: what it makes, `cases`."""
    parser = ArgumentParser(prog=f"make {target}", description=description)
    parser.add_argument(f"--{of}", type=int, default=count, help="how many, all together")
    parser.add_argument("--seed", type=int, default=1, help=f"another one gives other {of}")
    parser.add_argument("--minutes", type=float, default=60, help="nothing is begun later")
    parser.add_argument("--folder", type=Path, default=Path("build", target), help="where it is kept what was run")
    return parser
