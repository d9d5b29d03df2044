"""Whole verbs in a folder in which one of netdsl's files is another's: they say what is wrong, and change nothing outside.

A compiled lab with keys, an unfinished write, an override and a measured run; one file of them is mutated, as text, as JSON
or as PEM, exchanged with another, or is no file; then a verb is called in this process.
"""

import base64
import contextlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec

from netdsl.cli.main import main
from netdsl.codegen.journal import JOURNAL
from tests.cli.calling import tree
from tests.comparing.runs import containers
from tests.fuzz.folders import Planting
from tests.fuzz.slices import Found, Trouble
from tests.fuzz.sources import bounded

_LAB = """\
lab x
param p = 1 in 1..2
network lan 10.0.0.0/24
host a { interface on lan ; file "/etc/motd" from "motd" ; env P = "$p" }
host b { interface on lan }
pki default { crl yes }
ipsec t { between a and b ; auth certificate for a ; auth psk for b }
expect { a reaches b icmp }
"""
_LONGEST = 20.0  # seconds of a processor
EDIT = ("    hostname: a\n", "    hostname: a\n    mem_limit: 64m\n")
"""By hand, in `compose.yaml`."""
_VERBS: tuple[tuple[str, ...], ...] = (
    ("compile", "lab.net"),
    ("compile", "lab.net", "-t", "vagrant"),
    ("compile", "lab.net", "--overwrite"),
    ("compile", "lab.net", "--adopt"),
    ("compile", "lab.net", "--diff"),
    ("compile", "lab.net", "--dry-run"),
    ("compile", "lab.net", "--each", "p"),
    ("compile", "lab.net", "--credentials", "build/x/credentials", "-o", "out"),
    ("status", "lab.net"),
    ("status", "-o", "build/x/compose"),
    ("down", "x"),
    ("status", "x", "-t", "vagrant"),
    ("up", "x", "-t", "vagrant"),
    ("down", "x", "-t", "vagrant"),
    ("compare", "build/x/measured/compose.json", "run.json"),
    ("measure", "lab.net", "--resume"),
    ("fmt", "lab.net"),
    ("check", "--fix", "lab.net"),
    ("graph", "lab.net", "-o", "lab.svg"),
    ("handout", "lab.net", "-o", "hand"),
    ("grade", "lab.net", "lab.net", "copy.net"),
)


def called(*words: str) -> tuple[int, str]:
    """A verb in this process, without an engine or Vagrant: its exit status and what it says."""
    said = io.StringIO()
    before, sys.argv = sys.argv, ["netdsl", *words]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 1, said.getvalue()
        finally:
            sys.argv = before
    raise AssertionError("a verb ends with a status")


class _Verbs(Planting):
    """`template`: what each case begins with."""

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.template = folder / "template"
        self.lab = folder / "lab"

    def prepare(self) -> None:
        self.template.mkdir()
        os.chdir(self.template)
        Path("lab.net").write_text(_LAB)
        Path("motd").write_text("hello\n")
        for target in ("compose", "vagrant"):
            status, said = called("compile", "lab.net", "-t", target)
            assert status == 0, said
        compose = Path("build/x/compose/compose.yaml")
        compose.write_text(compose.read_text().replace(*EDIT))
        compose.with_name("compose.override.yaml").write_text("services:\n  b:\n    mem_limit: 32m\n")
        run = msgspec.json.encode(containers())
        Path("run.json").write_bytes(run)
        Path("copy.net").write_text(_LAB)
        Path("build/x/measured").mkdir()
        Path("build/x/measured/compose.json").write_bytes(run)
        machine = Path("build/x/vagrant/.vagrant/machines/a/libvirt")
        machine.mkdir(parents=True)
        for name in ("id", "netdsl-hardware", "netdsl-inside"):
            (machine / name).write_text("0" * 32)
        staging = Path("build/x/vagrant/.netdsl-staging-00000000")
        staging.mkdir()
        (staging / "0").write_bytes(Path("build/x/vagrant/Vagrantfile").read_bytes())
        journal = {"staging": staging.name, "files": ["Vagrantfile"], "removed": []}
        (staging.parent / JOURNAL).write_text(json.dumps(journal))

    def lay(self) -> None:
        os.chdir(self.folder)
        shutil.rmtree(self.lab, ignore_errors=True)
        shutil.rmtree(self.folder / "victim", ignore_errors=True)
        shutil.copytree(self.template, self.lab)
        (self.folder / "victim").mkdir()
        (self.folder / "victim/file").write_text("precious")
        (self.lab / "mine").write_text("mine")
        os.chdir(self.lab)

    def disturb(self) -> str:
        """Mutate one of netdsl's files; what was done."""
        places = [path for path in Path("build").rglob("*") if path.is_file()]
        own = [
            path for path in places if path.suffix in (".json", ".key", ".pem", ".crl", ".yaml") or path.name[0] == "."
        ]
        new = [
            Path("build/.netdsl-lock-x"),
            Path("build/x/.netdsl-lock-compose"),
            Path("build/x/.netdsl-lock-credentials"),
        ]
        new += [Path("build/x/.netdsl-lock-compose-runs"), Path("build/x/credentials/.netdsl-source")]
        path = self.random.choice((*places, *own, *own, *own, *new, Path("lab.net"), Path("run.json")))
        raw = path.read_bytes() if path.exists() else b""
        path.unlink(missing_ok=True)
        content = self._changed_file(path, raw, places)
        self.plant(path, content)
        return f"{path}: {content[:200]!r}"

    def _changed_file(self, path: Path, raw: bytes, others: list[Path]) -> bytes:
        if self.random.random() < 0.1:
            return (self.random.choice([one for one in others if one.exists()])).read_bytes()
        if path.suffix == ".json" and raw:
            return self.json(json.loads(raw))
        if raw.startswith(b"-----BEGIN") and self.random.random() < 0.8:
            return _pem(raw, self._flipped)
        return self._flipped(raw) if raw else self.random.choice((b"", b"x", b"/\n", b"\xff", b"../../victim/file\n"))

    def _flipped(self, raw: bytes) -> bytes:
        data = bytearray(raw)
        for _ in range(self.random.choice((1, 1, 2, 5))):
            at = self.random.randrange(len(data) + 1)
            match self.random.randrange(4):
                case 0:
                    del data[at : at + self.random.choice((1, 4, 1000))]
                case 1:
                    data[at:at] = self.random.choice((b"\x00", b"\xff", b"\n", b"{", b"[" * 5000, b"../", bytes(40)))
                case 2 if at < len(data):
                    data[at] = self.random.randrange(256)
                case _:
                    data[at:at] = data[at : at + 50]
        return bytes(data)


def _pem(raw: bytes, changed: Callable[[bytes], bytes]) -> bytes:
    """A text of PEM with the same frame around other content."""
    found = re.fullmatch(rb"(-----BEGIN [A-Z ]+-----\n)(.*?)(-----END [A-Z ]+-----\n)(.*)", raw, re.DOTALL)
    if found is None:
        return changed(raw)
    return found[1] + base64.encodebytes(changed(base64.b64decode(found[2]))) + found[3] + found[4]


def disturbed_verbs(seed: int, count: int, folder: Path) -> Found:
    """So many folders of a seed; `used`: those in which the verb ended well."""
    case = _Verbs(folder, Random(seed))
    here, path, troubles, used = Path.cwd(), os.environ["PATH"], [], 0
    os.environ["PATH"] = str(folder / "no-programs")
    try:
        case.prepare()
        for number in range(count):
            case.lay()
            done = case.disturb()
            words = case.random.choice(_VERBS)
            try:
                with bounded(_LONGEST):
                    status, said = called(*words)
            except BaseException as error:
                status, said = 99, f"{type(error).__name__}: {error}"
            used += status == 0
            shown = f"netdsl {' '.join(words)}, after {done}"
            if status not in range(5) or "internal error" in said or "Traceback" in said:
                troubles.append(Trouble(number, f"{status}: {said[:2000]}", shown))
            elif status and not said.strip():
                troubles.append(Trouble(number, f"it says nothing, and ends with {status}", shown))
            if tree(folder / "victim") != {"file": b"precious"} or Path("mine").read_bytes() != b"mine":
                troubles.append(Trouble(number, "a file that is not netdsl's was changed", shown))
    finally:
        os.chdir(here)
        os.environ["PATH"] = path
    return Found(count, used, used, tuple(troubles))
