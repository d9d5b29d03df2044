"""Whatever lies in a folder in place of netdsl's own files, by the functions that read them."""

import json
import os
import string
from collections.abc import Callable
from pathlib import Path
from random import Random

from netdsl.backends.compose.override import adopt
from netdsl.codegen.contract import Artifact, CannotAdopt, Emission
from netdsl.codegen.home import claim
from netdsl.codegen.manifest import MANIFEST, ManifestUnreadable, manifest_artifact, read_manifest
from netdsl.codegen.write import commit, plan, recover
from netdsl.credentials.store import StoreUnreadable, opened
from netdsl.disk.lock import FolderBusy, locked
from netdsl.disk.refused import PathRefused
from netdsl.measuring.failures import RunUnreadable
from netdsl.measuring.store import read_run
from tests.cli.calling import tree
from tests.fuzz.slices import Found, Trouble
from tests.fuzz.sources import bounded

_LONGEST = 10.0  # seconds of a processor
_REFUSALS = (PathRefused, ManifestUnreadable, StoreUnreadable, RunUnreadable, CannotAdopt, FolderBusy)
_STAGING = ".netdsl-staging-00000000"
_PATHS = (
    *(
        "a",
        "sub/f",
        "../victim/file",
        "/etc/passwd",
        "",
        ".",
        "..",
        "a/../../victim/file",
        "link/file",
        "a\0b",
        "x" * 300,
    ),
    *(MANIFEST, ".netdsl-journal.json", f"{_STAGING}/0", "mine", "sub", "\ud800", "é", "a//b", "./a"),
)
_VALUES: tuple[object, ...] = (
    *(*_PATHS, None, True, 0, -1, 1, 2**70, 1.5, [], {}, [[]], ["a"], {"a": "b"}, "2026-01-01", "NaN"),
)
_TEXTS = (
    *("[" * 100_000, '{"a":' * 50_000, "- " * 5_000),
    *("", "[", "{", "nul", "\ufeff{}", "a: &a [*a]", "!!python/object:x {}", "? {a: b}\n: c"),
)
_YAML = (*_TEXTS, "&a", "*a", "<<: *a", "!x", "\t", ": ", "- ", "{", "[", "|", "%", "\x00", "? ")


def _artifacts() -> tuple[Artifact, ...]:
    plain = (Artifact("a", b"1"), Artifact("sub/f", b"2"))
    return (*plain, manifest_artifact(Emission("compose", plain), "lab", {}))


def _journal() -> object:
    return {"staging": _STAGING, "files": ["a", "sub/f", MANIFEST], "removed": ["mine"]}


def _index() -> object:
    return {"format": 1, "made": {"pki:lab": "0", "secret:t": "1"}}


class Planting:
    """One folder with something planted in it, by chance."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder, self.random = folder, random

    def json(self, document: object) -> bytes:
        """A document with values of all kinds in places of its own, or a text that is none."""
        draw = self.random.random()
        if draw < 0.1:
            return self.random.choice(_TEXTS).encode(errors="surrogatepass")
        changed = self._changed(document) if draw < 0.8 else document
        raw = json.dumps(changed).encode()
        if draw < 0.5:
            return raw
        at = self.random.randrange(len(raw) + 1)
        junk = bytes(self.random.choice(string.printable.encode()) for _ in range(self.random.randrange(4)))
        return raw[:at] + junk + raw[at + self.random.randrange(4) :]

    def _changed(self, value: object) -> object:
        if self.random.random() < 0.15:
            return self.random.choice(_VALUES)
        match value:
            case dict():
                kept = {key: self._changed(one) for key, one in value.items() if self.random.random() < 0.95}
                return kept | (
                    {self.random.choice(_PATHS): self.random.choice(_VALUES)} if self.random.random() < 0.2 else {}
                )
            case list():
                return [self._changed(one) for one in value] + (
                    [self.random.choice(_VALUES)] if self.random.random() < 0.3 else []
                )
            case _:
                return value

    def plant(self, path: Path, content: bytes) -> None:
        """A file, or now and then what is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        match self.random.randrange(12):
            case 0:
                path.symlink_to(self.folder / "victim/file")
            case 1:
                os.mkfifo(path)
            case 2:
                path.mkdir()
            case 3:
                path.symlink_to(path.name)
            case _:
                path.write_bytes(content)


class _Case(Planting):
    """A folder with an output."""

    def __init__(self, folder: Path, random: Random) -> None:
        super().__init__(folder, random)
        self.out = folder / "out"

    def lay(self) -> None:
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        (self.folder / "victim").mkdir()
        (self.folder / "victim/file").write_text("precious")
        commit(plan(_artifacts(), self.out))
        (self.out / "mine").write_text("mine")


def _as_journal(case: _Case) -> None:
    (case.out / _STAGING).mkdir()
    for number in range(case.random.randrange(4)):
        case.plant(case.out / _STAGING / str(number), b"new")
    if case.random.random() < 0.2:
        (case.out / "link").symlink_to("../victim")
    case.plant(case.out / ".netdsl-journal.json", case.json(_journal()))
    recover(case.out)


def _as_manifest(case: _Case) -> None:
    path = case.out / MANIFEST
    document = json.loads(path.read_bytes())
    path.unlink()
    if case.random.random() < 0.2:
        (case.out / "link").symlink_to("../victim")
    case.plant(path, case.json(document))
    read_manifest(case.out)
    commit(plan((Artifact("new", b"3"),), case.out))


def _as_index(case: _Case) -> None:
    case.plant(case.folder / "keys/index.json", case.json(_index()))
    with opened(case.folder / "keys") as store:
        store.fill("nodes/a", {"private/x": b"1"})


def _as_lock(case: _Case) -> None:
    case.plant(case.folder / ".netdsl-lock-out", case.json({}))
    with locked(case.out):
        pass


def _as_owner(case: _Case) -> None:
    text = case.random.choice((*_PATHS, "lab.net\n", "\0\n", "x" * 5000)).encode(errors="surrogatepass")
    case.plant(case.folder / "build/exam/.netdsl-source", text)
    claim(case.folder / "build", "exam", str(case.folder / "lab.net"))


def _as_run(case: _Case) -> None:
    case.plant(
        case.folder / "run.json", case.json({"format": 1, "netdsl": "0", "rounds": [{"number": 1}], "subject": {}})
    )
    read_run(case.folder / "run.json")


def _as_override(case: _Case) -> None:
    written = b"services:\n  a:\n    hostname: a\n"
    edited = b"services:\n  a:\n    hostname: a\n    mem_limit: 1m\n"
    texts = [written, edited, b"# mine\nservices: {}\n"]
    which = case.random.randrange(3)
    at = case.random.randrange(len(texts[which]))
    junk = case.random.choice(_YAML).encode()
    texts[which] = texts[which][:at] + junk + texts[which][at + case.random.randrange(3) :]
    adopt(texts[1], texts[0], texts[2])


_KINDS: dict[str, Callable[[_Case], None]] = {
    "journal": _as_journal,
    "manifest": _as_manifest,
    "index": _as_index,
    "lock": _as_lock,
    "owner": _as_owner,
    "run": _as_run,
    "override": _as_override,
}


def planted_files(seed: int, count: int, folder: Path) -> Found:
    """So many folders of a seed; `used`: those whose file was not refused."""
    case = _Case(folder, Random(seed))
    troubles, used = [], 0
    for number in range(count):
        kind = case.random.choice(list(_KINDS))
        case.lay()
        try:
            with bounded(_LONGEST):
                _KINDS[kind](case)
            used += 1
        except _REFUSALS:
            pass
        except Exception as error:
            troubles.append(Trouble(number, f"{type(error).__name__}: {error}", kind))
        if tree(folder / "victim") != {"file": b"precious"} or (case.out / "mine").read_bytes() != b"mine":
            troubles.append(Trouble(number, "a file that is not netdsl's was changed", kind))
    return Found(count, used, used, tuple(troubles))
