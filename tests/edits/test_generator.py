"""The edits themselves, without a runtime."""

from pathlib import Path
from random import Random

import pytest

from netdsl.pipeline.analysis import check
from tests.edits.changes import OF_NETWORKS, Edit
from tests.edits.generate import LABS, begin, compiles, steps
from tests.edits.hubs import OF_HUBS
from tests.edits.settings import OF_SETTINGS
from tests.edits.source import Source, parse

_EDITS = (*OF_NETWORKS, *OF_SETTINGS)
_TRIES = 40


@pytest.mark.parametrize("base", ["base", "small", "machines", "tunnels"])
def test_a_lab_that_is_taken_apart_is_the_same_lab(base: str, tmp_path: Path) -> None:
    source = begin(base)
    for name, content in source.files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "lab.net").write_text(source.text)
    assert check(tmp_path / "lab.net").lab == check(LABS / f"{base}.net").lab


@pytest.mark.slow
def test_the_same_number_gives_the_same_sources() -> None:
    first, again = (list(steps("base", 7, 8)) for _ in range(2))
    assert first == again
    assert len({step.text + str(step.files) for step in first}) > 4
    assert [step.text for step in steps("base", 8, 8)] != [step.text for step in first]


@pytest.mark.parametrize("edit", [*_EDITS, *OF_HUBS], ids=lambda edit: edit.__name__)
def test_every_edit_changes_the_lab_and_may_compile(edit: Edit, tmp_path: Path) -> None:
    rng = Random(edit.__name__)
    base = "tunnels" if edit in OF_HUBS else "base"
    for _ in range(_TRIES):
        source = begin(base)
        what = edit(rng, source)
        step = next(iter(steps("base", 0, 0)))
        if what and _differs(base, source) and compiles(type(step)(1, what, source.text, source.files), tmp_path):
            return
    pytest.fail(f"{edit.__name__}: nothing that compiles")


def _differs(base: str, source: Source) -> bool:
    whole = begin(base)
    return (source.text, source.files) != (whole.text, whole.files)


def test_a_name_is_renamed_as_a_word_alone() -> None:
    source = Source(parse("host pc {\n  file /etc/pc from pc-2\n  default via pc.lan\n}\nhost pc-2 {\n}\n"))
    source.rename("pc", "new")
    assert source.text == "host new {\n  file /etc/pc from pc-2\n  default via new.lan\n}\nhost pc-2 {\n}\n"


def test_a_name_that_is_forgotten_is_nowhere() -> None:
    source = begin("base")
    source.forget("gw-b")
    assert "gw-b" not in source.text
    assert "ipsec vpn" not in source.text
    assert "route left, dmz via gw-a" in source.text
