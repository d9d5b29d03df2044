"""`compile` killed between any two of the changes that it makes to files."""

import contextlib
import io
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

from netdsl.codegen.journal import JOURNAL, STAGING
from netdsl.codegen.write import settle
from netdsl.disk.folder import LOCKS, PARTS
from tests.cli.calling import status_of, tree
from tests.fuzz.verbs import EDIT
from tests.kills.forked import Ended, called

_OLD = """\
lab x
param p = 1 in 1..2
network lan 10.0.0.0/24
host a { interface on lan ; file "/etc/motd" from "motd" }
host b { interface on lan ; env P = "$p" }
host old { interface on lan }
ipsec t { between a and b ; auth certificate for a ; auth psk for b }
"""
_NEW = _OLD.replace("host old {", "host fresh {").replace("host b", "# new\nhost b")
_KEPT = ("secrets/t", *(f"pki/default/{name}" for name in ("root.key", "root.pem", "a.key", "a.pem")))
_OWN = (PARTS, STAGING, LOCKS, JOURNAL)

WORDS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "both": ("-t", "compose", "-t", "vagrant"),
    "elsewhere": ("-o", "out"),
    "keys elsewhere": ("-o", "out", "--credentials", "keys"),
    "each": ("--each", "p"),
    "adopt": ("--adopt",),
    "overwrite": ("--overwrite",),
}
"""What `compile lab.net` is called with."""

KINDS = tuple(
    (name, is_first)
    for name in WORDS
    for is_first in (False, True)
    if not (is_first and name in ("adopt", "overwrite"))
)
"""Each is killed where there was no output, and where there was another one."""


@dataclass(slots=True)
class Compiling:
    """Many runs in one folder. `changes`: how many changes a whole compilation of a kind makes."""

    folder: Path
    changes: dict[tuple[str, bool], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile once in this process: what it imports the processes that are killed need not import, each of them."""
        place = self.folder / "lab"
        self._write(place, _OLD)
        with contextlib.chdir(place), contextlib.redirect_stdout(io.StringIO()):
            assert status_of("compile", "lab.net", *WORDS["both"]) == 0

    def killed(self, seed: int) -> tuple[str, list[str]]:
        """One run; how it was killed, and what is wrong then."""
        random = Random(seed)
        kind = random.choice(KINDS)
        number = random.choice((signal.SIGKILL, signal.SIGINT))
        words = ("compile", "lab.net", *WORDS[kind[0]])
        if kind not in self.changes:
            self._lay(kind)
            self.changes[kind] = self._call(words).changes
        first = random.randrange(self.changes[kind]) + 1
        at = (first, first + random.randrange(1, 4)) if number == signal.SIGINT and random.random() < 0.3 else (first,)
        self._lay(kind)
        before = self._keys()
        ended = self._call(words, number, at)
        shown = f"{' '.join(words)}{' anew' if kind[1] else ''}, {number.name} before change {', '.join(map(str, at))}"
        return shown, list(self._troubles(kind[0], words, ended, before, settles=random.random() < 0.5))

    def _lay(self, kind: tuple[str, bool]) -> None:
        """The sources of the new lab, and where it is not the first compilation what the old one has left."""
        name, is_first = kind
        place = self.folder / "lab"
        shutil.rmtree(place, ignore_errors=True)
        if is_first:
            self._write(place, _NEW)
            return
        template = self.folder / f"laid {name}"
        if not template.exists():
            self._write(place, _OLD)
            words = tuple(word for word in WORDS[name] if word not in ("--adopt", "--overwrite"))
            ended = self._call(("compile", "lab.net", *words))
            assert ended.status == 0, ended.said
            if name in ("adopt", "overwrite"):
                compose = place / "build/x/compose/compose.yaml"
                compose.write_text(compose.read_text().replace(*EDIT))
            (place / "lab.net").write_text(_NEW)
            place.rename(template)
        shutil.copytree(template, place)

    def _write(self, place: Path, text: str) -> None:
        place.mkdir()
        (place / "lab.net").write_text(text)
        (place / "motd").write_text("x\n" * 100_000)

    def _call(self, words: tuple[str, ...], number: signal.Signals = signal.SIGKILL, at: tuple[int, ...] = ()) -> Ended:
        return called(words, self.folder / "lab", self.folder / "said", number, at)

    def _keys(self) -> dict[str, bytes]:
        found = tree(self.folder / "lab")
        return {path: content for path, content in found.items() if path.endswith(_KEPT)}

    def _troubles(
        self, name: str, words: tuple[str, ...], ended: Ended, before: dict[str, bytes], *, settles: bool
    ) -> Iterator[str]:
        place = self.folder / "lab"
        if "Traceback" in ended.said or "internal error" in ended.said:
            yield f"it says {ended.said}"
        if ended.status not in (-signal.SIGKILL, 130, 0):
            yield f"it ends with {ended.status}: {ended.said}"
        yield from self._outputs(words, settles=settles)
        if name == "adopt" and not any("mem_limit" in text.read_text() for text in place.rglob("compose*.yaml")):
            yield "the edit is lost"
        again = self._call(words)
        if again.status != 0:
            yield f"the next compilation ends with {again.status}: {again.said}"
        yield from (f"{path} is left" for path in own_files(place))
        yield from (f"{path} is another one" for path, old in before.items() if (place / path).read_bytes() != old)
        found = tree(place)
        third = self._call(words)
        if third.status != 0 or tree(place) != found:
            changed = [path for path, content in tree(place).items() if found.get(path) != content]
            yield f"the compilation after that changes {', '.join(changed)}: {third.said}"
        yield from _open_modes(place)

    def _outputs(self, words: tuple[str, ...], *, settles: bool) -> Iterator[str]:
        """Each output is whole, or unfinished, and then refused or finished."""
        place = self.folder / "lab"
        unfinished = [path.parent for path in place.rglob(".netdsl-journal.json")]
        if unfinished and "vagrant" not in words and "--each" not in words:
            looked = self._call((*words, "--dry-run"))
            if looked.status != 3 or "not written to the end" not in looked.said:
                yield f"--dry-run of a mixture ends with {looked.status}: {looked.said}"
        if settles:
            for out in unfinished:
                settle(out)
                if (out / ".netdsl-journal.json").exists():
                    yield f"{out} is not finished"
        for manifest in place.rglob("netdsl-manifest.json"):
            if settles or manifest.parent not in unfinished:
                yield from _damaged(manifest, edited="--adopt" in words or "--overwrite" in words)


def _damaged(manifest: Path, *, edited: bool) -> Iterator[str]:
    """The files of an output that are not as its manifest says."""
    listed: dict[str, str] = json.loads(manifest.read_text())["files"]
    for path, digest in listed.items():
        file = manifest.parent / path
        if not file.exists():
            yield f"{file} is missing"
        elif sha256(file.read_bytes()).hexdigest() != digest and not (edited and path == "compose.yaml"):
            yield f"{file} is not of the output"
    known = {*listed, "netdsl-manifest.json", "compose.override.yaml"}
    for path in tree(manifest.parent):
        if path not in known and not path.startswith(_OWN):
            yield f"{manifest.parent / path} is of no output"


def own_files(place: Path) -> Iterator[str]:
    """What netdsl has there only while it works."""
    for folder, names, files in os.walk(place):
        yield from (f"{folder}/{name}" for name in (*names, *files) if name.startswith(_OWN))


def _open_modes(place: Path) -> Iterator[str]:
    """Keys that others may read."""
    for store in (*place.rglob("credentials"), place / "keys"):
        for path in (store, *store.rglob("*")) if store.exists() else ():
            if path.stat().st_mode & 0o077:
                yield f"{path} has the mode {path.stat().st_mode & 0o7777:o}"
