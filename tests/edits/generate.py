"""The sources that a lab is brought through: the same number gives the same ones, on every machine."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from netdsl.pipeline.analysis import check
from tests.edits.changes import OF_NETWORKS
from tests.edits.hubs import KINDS, OF_HUBS
from tests.edits.settings import OF_SETTINGS
from tests.edits.source import Source, parse

LABS = Path(__file__).parent / "labs"
_EDITS = {**OF_NETWORKS, **OF_SETTINGS}
_TRIES = 200  # until one compiles
_UNDONE = 0.08  # of the edits: back to a former source


@dataclass(frozen=True, slots=True)
class Step:
    """`number`: from 0, which is the lab as it begins; `what` the edits were; `files` beside the source."""

    number: int
    what: str
    text: str
    files: dict[str, str]

    def write(self, folder: Path) -> Path:
        """The source, whose path is returned, and what lies beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_text(content)
        (folder / "lab.net").write_text(self.text)
        return folder / "lab.net"


def begin(base: str) -> Source:
    """A lab of `labs/`."""
    files = {path.name: path.read_text() for path in LABS.iterdir() if path.suffix == ".txt"}
    return Source(parse((LABS / f"{base}.net").read_text()), files)


def steps(base: str, seed: int, count: int) -> Generator[Step, bool | None, None]:
    """The lab as it begins, and `count` edits of it, each of the source before it. Each compiles. One for which False is
    sent, because no lab of it comes up, does not count, and the next one is of the source before it."""
    rng = Random(f"netdsl edits {seed}")
    source = begin(base)
    past = [source]
    number = 0
    with TemporaryDirectory() as folder:
        yield _step(0, "the lab as it begins", source)
        while len(past) <= count:
            number += 1
            source, what = _edited(rng, past, Path(folder))
            if (yield _step(number, what, source)) is not False:
                past.append(source)


def following(sequence: Generator[Step, bool | None, None], can_be: bool) -> Step | None:
    """The next one; None where there is none."""
    try:
        return sequence.send(can_be)
    except StopIteration:
        return None


def _step(number: int, what: str, source: Source) -> Step:
    return Step(number, what, source.text, dict(source.files))


def _edited(rng: Random, past: list[Source], folder: Path) -> tuple[Source, str]:
    source = past[-1]
    if len(past) > 2 and rng.random() < _UNDONE:
        number = rng.randrange(len(past) - 1)
        return past[number].copy(), f"undo: back by {len(past) - 1 - number}"
    for _ in range(_TRIES):
        new = source.copy()
        wanted = rng.choices((1, 2, 4), (70, 20, 10))[0]
        edits = _EDITS | OF_HUBS if new.of(*KINDS) else _EDITS
        found = (edit(rng, new) for edit in rng.choices(tuple(edits), tuple(edits.values()), k=wanted))
        what = "; ".join(text for text in found if text)
        if (
            what
            and new.text + str(new.files) != source.text + str(source.files)
            and compiles(_step(0, "", new), folder)
        ):
            return new, what
    raise AssertionError(f"no edit of this lab compiles:\n{source.text}")


def compiles(step: Step, folder: Path) -> bool:
    """Whether the source has no error."""
    return not any(found.is_error for found in check(step.write(folder)).diagnostics)
