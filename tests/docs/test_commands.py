"""Every `netdsl …` line in the documentation is one that netdsl takes: verb, options, number of arguments."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from netdsl.cli.main import netdsl

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md")))
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in SHELL.findall(page.read_text(encoding="utf-8")):
            for line in re.split(r"[\n;]", block):
                if line.strip().startswith("netdsl "):
                    yield str(page.relative_to(ROOT)), line.strip()


COMMANDS = tuple(_commands())


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page}: {line}" for page, line in COMMANDS])
def test_command(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    words = words[1 : words.index("|")] if "|" in words else words[1:]
    with click.Context(netdsl, info_name="netdsl") as context:
        _, verb, arguments = netdsl.resolve_command(context, words)
        assert verb is not None
        verb.make_context(verb.name, arguments, parent=context)
