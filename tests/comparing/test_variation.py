"""Runs of one source with different parameters side by side."""

import json
from dataclasses import replace

import pytest

from netdsl.comparing.compare import CannotCompare, compare
from netdsl.comparing.machine import comparison_json
from netdsl.comparing.table import comparison_table, heading
from netdsl.comparing.types import Varied
from netdsl.measuring.subject import HIDDEN
from netdsl.measuring.types import Line, Parameter, Run, Source
from netdsl.runtime.meter import Fact
from tests.comparing.runs import PATH, SUBJECT, containers, machines

TEXT = 'lab tiny\nparam vpn = ipsec in ipsec, none\nparam key = "k"\n'


def variant(run: Run, digest: str, text: str = TEXT, **parameters: str) -> Run:
    """The run as one of the same source with these parameters."""
    given = tuple(Parameter(name, value) for name, value in sorted(parameters.items()))
    subject = replace(SUBJECT, digest=digest, payload=digest, sources=(Source("lab.net", text),), parameters=given)
    return replace(run, subject=subject)


WITH = variant(containers(), "1", vpn="ipsec")
WITHOUT = replace(variant(containers(0.5, 0.5, 0.5), "2", vpn="none"), paths=(replace(PATH, tunnels=()),))


def test_each_run_is_named_by_what_differs() -> None:
    found = compare([WITH, WITHOUT])
    assert [one.name for one in found.columns] == ["compose vpn=ipsec", "compose vpn=none"]
    assert found.varied == (Varied("vpn", ("ipsec", "none")),)
    assert heading(found) == "tiny: 2 nodes, 1 network, 1 tunnel; vpn = ipsec, none"
    assert "payload" not in "".join(found.warnings)


def test_a_parameter_that_was_not_given_has_its_default() -> None:
    assert compare([variant(containers(), "1"), WITHOUT]).varied == (Varied("vpn", ("ipsec", "none")),)
    given = compare([variant(containers(), "1"), variant(machines(), "1", vpn="ipsec")])
    assert given.varied == ()
    assert [one.name for one in given.columns] == ["compose", "vagrant (emulated)"]


def test_a_path_is_one_whatever_carries_it() -> None:
    found = compare([WITH, WITHOUT])
    quantity = found.quantity("latency.a-b.median")
    assert quantity is not None
    assert quantity.title == "a to b through t or in clear: median"
    assert all(quantity.by_run)


def test_another_payload_of_the_same_parameters_is_warned_of() -> None:
    other = replace(WITHOUT, subject=replace(WITHOUT.subject, payload="3"))
    (warning,) = [one for one in compare([WITH, WITHOUT, other]).warnings if "payload" in one]
    assert warning.startswith("other nodes inside (payload): 2 (compose vpn=none #1); 3 (compose vpn=none #2)")


def test_another_kind_in_the_same_place_is_no_other_means() -> None:
    def means(*spaces: str) -> list[str]:
        pairs = zip((WITH, WITHOUT), spaces, strict=True)
        runs = [replace(run, facts=(Fact("engine", "Docker"), Fact("tunnels", space))) for run, space in pairs]
        return [one for one in compare(runs).warnings if one.startswith("tunnels by other means")]

    assert means("strongswan: user space", "wireguard: user space") == []
    assert means("strongswan: user space", "wireguard: kernel") == [
        "tunnels by other means: user space (compose vpn=ipsec); kernel (compose vpn=none)"
    ]


def test_figures_of_each_target_stand_side_by_side() -> None:
    slow = variant(machines(), "1", vpn="ipsec")
    slow_without = variant(machines(), "2", vpn="none")
    lines = comparison_table(compare([WITH, slow, WITHOUT, slow_without]), 110).splitlines()
    heads = [line.split() for line in lines if line.startswith(" " * 20) and "ratio" in line]
    assert heads == [
        ["compose", "vpn=ipsec", "compose", "vpn=none", "ratio"],
        ["vagrant", "(emulated)", "vpn=ipsec", "vagrant", "(emulated)", "vpn=none", "ratio"],
    ]


def test_an_expectation_that_only_one_parameter_has_is_no_failure() -> None:
    more = replace(WITH.rounds[0], lines=(*WITH.rounds[0].lines, Line("lab.net:10", "t is up", True, "passed", "yes")))
    table = comparison_table(compare([replace(WITH, rounds=(more,)), WITHOUT]), 110)
    assert "2 of 2 passed in every round of each run that tested it" in table


def test_json_has_the_parameters_of_each_run() -> None:
    data = json.loads(comparison_json(compare([WITH, WITHOUT])))
    assert data["varied"] == {"vpn": ["ipsec", "none"]}
    assert [run["parameters"] for run in data["runs"]] == [{"vpn": "ipsec"}, {"vpn": "none"}]


def test_a_string_that_only_one_run_hides_is_the_same_source() -> None:
    hidden = variant(containers(), "1", TEXT.replace('"k"', f'"{HIDDEN}"'), vpn="ipsec")
    assert [one.name for one in compare([hidden, WITHOUT]).columns] == ["compose vpn=ipsec", "compose vpn=none"]


@pytest.mark.parametrize(
    "other",
    [
        variant(containers(), "2", TEXT + "host b\n", vpn="none"),
        variant(containers(), "2", TEXT.replace('"k"', '"l"'), vpn="none"),
        variant(containers(), "2", vpn="ipsec"),
    ],
    ids=["another line", "another string", "the same parameters"],
)
def test_what_parameters_do_not_explain_is_refused(other: Run) -> None:
    with pytest.raises(CannotCompare, match="two states of a lab"):
        compare([WITH, other])
