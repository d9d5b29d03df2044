"""Nodes of machines that are changed as they run: what is foretold, what Vagrant is given, what is said afterwards."""

from pathlib import Path

import pytest

from netdsl.backends.vagrant.changes import Judged, asked, foretold, refuse_unchanged, told
from netdsl.backends.vagrant.machines import credentials_of
from netdsl.payload.changing import Verdict
from netdsl.runtime.driver import DriverError, NodeChange

_JUDGED = {
    "a": Judged(Verdict(inside=("addresses", "routes")), "1" * 64),
    "b": Judged(Verdict(anew="its commands"), "2" * 64),
    "c": Judged(Verdict(), "3" * 64),
}
_OUTPUT = """\
==> a: Running provisioner: netdsl...
    a: netdsl: changed as it runs
    c: netdsl: is started anew: a link-local address of `lan`
==> c.node: Running provisioner: netdsl...
"""


def test_what_is_done_in_machines_is_foretold() -> None:
    assert tuple(foretold(("a", "b", "c", "silent"), _JUDGED)) == (
        NodeChange("a", True, "addresses, routes"),
        NodeChange("b", False, "its commands, in the machine that runs"),
        NodeChange("c", False, "its inside, in the machine that runs"),
        NodeChange("silent", False, "its inside, in the machine that runs"),
    )


def test_a_node_that_needs_a_start_is_not_asked_for_a_change() -> None:
    assert asked(_JUDGED) == {"NETDSL_CHANGE": f"a={'1' * 64} c={'3' * 64}"}


def test_what_became_of_nodes_is_said() -> None:
    said = list(told(_OUTPUT, _JUDGED))
    assert said == ["a: changed as it runs: addresses, routes", "c: is started anew: a link-local address of `lan`"]
    assert list(told("", _JUDGED)) == []


def test_a_node_whose_change_is_refused_is_an_error_after_all_have_been_asked() -> None:
    refuse_unchanged(_OUTPUT, _JUDGED)
    refused = "    a: netdsl: not changed, and runs as before: service a.x: tcp/82 is taken\n"
    strange = refused.replace("    a:", "    other:")
    with pytest.raises(DriverError) as caught:
        refuse_unchanged(f"{refused}{strange}{_OUTPUT}", _JUDGED)
    assert caught.value.message == "1 of 2 nodes could not be changed, and run as before"
    assert caught.value.tail == "a: service a.x: tcp/82 is taken"


@pytest.mark.parametrize(
    ("written", "place"),
    [("../credentials", "../credentials"), (r"/with\'s \\ of it", r"/with's \ of it"), ("${x}", "${x}")],
)
def test_credentials_are_where_the_vagrantfile_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, place: str
) -> None:
    monkeypatch.delenv("NETDSL_CREDENTIALS", raising=False)
    text = f"    payload: 'netdsl/lab', nodes: 'netdsl/nodes', credentials: '{written}')\n"
    assert credentials_of(tmp_path, {"Vagrantfile": text.encode()}) == tmp_path / place
    (tmp_path / "Vagrantfile").write_text(text)
    assert credentials_of(tmp_path) == tmp_path / place
    monkeypatch.setenv("NETDSL_CREDENTIALS", "elsewhere")
    assert credentials_of(tmp_path) == tmp_path / "elsewhere"


def test_credentials_that_are_written_otherwise_are_not_known(tmp_path: Path) -> None:
    text = b"    payload: 'netdsl/lab', nodes: 'netdsl/nodes', credentials: \"\\u{7}\")\n"
    assert credentials_of(tmp_path, {"Vagrantfile": text}) is None
