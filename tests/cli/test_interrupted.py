"""Ctrl-C while a lab starts or stops: what is left, and how to take it away."""

import json
from pathlib import Path
from typing import cast

import pytest

from netdsl.cli.interrupted import telling_of_project, telling_what_is_left
from netdsl.runtime.driver import Deployment, Driver, DriverError


class Runtime:
    def __init__(self, there: tuple[str, ...] | None) -> None:
        self.there = there

    def present(self, _: Deployment) -> tuple[str, ...]:
        if self.there is None:
            raise DriverError("no engine")
        return self.there


@pytest.mark.parametrize(
    ("there", "target", "project", "said"),
    [
        (("a",), "compose", "x", "1 of 2 nodes are there; `netdsl down -o {}` takes away all of it"),
        (("a",), "vagrant", "x", "1 of 2 nodes are there; `netdsl down -o {} -t vagrant` takes away all of it"),
        ((), "compose", "y", "no node is there; networks may be left: `netdsl down -o {} --project y` takes them away"),
        (None, "compose", "x", "what was started is there; take it away with `netdsl down -o {}`"),
    ],
)
def test_what_is_left_is_said_with_the_command_that_takes_it_away(
    there: tuple[str, ...] | None,
    target: str,
    project: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    manifest = {
        "format": 1, "generator": "-", "lab": "x", "target": target, "project": "x", "expires": None, "files": {},
        "places": {"a": "lab.net:1", "b": "lab.net:2"},
    }  # fmt: skip
    (tmp_path / "netdsl-manifest.json").write_text(json.dumps(manifest))
    runtime = cast(Driver, Runtime(there))
    with pytest.raises(KeyboardInterrupt), telling_what_is_left(runtime, Deployment(tmp_path, project)):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == said.format(tmp_path) + "\n"


def test_without_an_interrupt_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with telling_what_is_left(cast(Driver, Runtime(())), Deployment(tmp_path, "x")):
        pass
    assert capsys.readouterr().err == ""


def test_of_a_lab_without_its_folder_it_is_said_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), telling_of_project("lab", "vagrant"):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == (
        "some of it may be there still; `netdsl down -t vagrant --project lab` takes it away\n"
    )
