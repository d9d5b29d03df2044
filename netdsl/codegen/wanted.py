"""What the nodes of an output folder should run: the digests that `netdsl.payload.changing` compares."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from netdsl.codegen.contract import Layout
from netdsl.codegen.manifest import digest
from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.payload.changing import (
    HOSTS_PLACE,
    RESOLVERS_PLACE,
    Verdict,
    changes_of,
    digests,
    file_that_needs_start,
    judged,
    laid_sum,
    lines_of,
    needs_start,
)
from netdsl.payload.contract import HOSTS, RESOLVERS

_LAYOUT = Layout()
_OF_ETC = (HOSTS, RESOLVERS)
_WITH_LINES = ("links.batch", "addresses.batch", "routes.batch", "devices/*")

Files = Mapping[str, bytes | None]
"""Files that are new in a folder, by their paths; None: one that goes."""


@dataclass(frozen=True, slots=True)
class WantedNode:
    """`digests`: as `judged` has them; `lines`: as `lines_of`; `parts`: of the payload."""

    digests: Mapping[str, str]
    lines: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def sum(self) -> str:
        """What its script is given with a change."""
        return laid_sum(self.digests)

    def verdict(self, said: Sequence[str]) -> Verdict:
        """`said`: the lines of the script's `running`."""
        found = judged(digests(said), self.digests, changes_of(self.parts))
        if not found.inside:
            return found
        lines = lines_of(said)
        has_env = "node/env" in self.digests
        anew = needs_start(lines, self.lines) or file_that_needs_start(lines, self.lines, self.parts, has_env=has_env)
        return Verdict(anew=anew) if anew else found


def wanted_nodes(folder: Path, files: Files, stores: Mapping[str, Path]) -> dict[str, WantedNode]:
    """By host name. `files`: as if they were in the folder; `stores`: the folders of credentials of those that have some.
    Raises PathRefused, OSError."""
    with Folder.named(folder) as tree:
        content = dict(_contents(tree, files))
    shared = {path: text for path, text in content.items() if not path.startswith("nodes/")}
    of_all = {path: digest(text) for path, text in shared.items() if path.removeprefix("lab/") not in _OF_ETC}
    found: dict[str, dict[str, bytes]] = {}
    for path, text in content.items():
        if path not in shared:
            _, name, own = path.split("/", 2)
            found.setdefault(name, {})[own] = text
    return {name: _wanted(own, of_all, shared, stores.get(name)) for name, own in found.items()}


def _contents(tree: Folder, files: Files) -> Iterator[tuple[str, bytes]]:
    """All of the payload, by path in its folder."""
    head = f"{_LAYOUT.payload}/"
    there = {path for path in tree.below(_LAYOUT.payload) if not path.endswith("/")}
    for path in sorted(there | {path for path in files if path.startswith(head)}):
        text = files[path] if path in files else tree.read(path)
        if text is not None:
            yield path.removeprefix(head), text


def _wanted(
    own: Mapping[str, bytes], of_all: Mapping[str, str], shared: Mapping[str, bytes], store: Path | None
) -> WantedNode:
    sums = {**of_all, **{f"node/{path}": digest(text) for path, text in own.items()}}
    sums[HOSTS_PLACE] = digest(shared.get(f"lab/{HOSTS}", b""))
    sums[RESOLVERS_PLACE] = digest(own.get(RESOLVERS, shared.get(f"lab/{RESOLVERS}", b"")))
    opened = None if store is None else Folder.found(store)
    if opened is not None:
        with opened:
            paths = [path for path in opened.below("") if not path.endswith("/")]
            sums |= {f"credentials/{path}": digest(opened.read(path) or b"") for path in paths}
    lines = (*_lines(own, "", *_WITH_LINES), *_lines(own, "file\t", "files.tsv"))
    return WantedNode(sums, lines, tuple(own.get("parts", b"").decode().split()))


def _lines(own: Mapping[str, bytes], word: str, *names: str) -> Iterator[str]:
    """Those of the files with these names, as patterns, each after a word."""
    for path, text in own.items():
        if any(fnmatchcase(path, name) for name in names):
            yield from (f"{word}{line}" for line in text.decode().split("\n") if line)
