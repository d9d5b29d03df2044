"""Tables and documents."""

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from netdsl.testing.machine import as_json, as_junit
from netdsl.testing.report import table
from netdsl.testing.types import Results
from tests.testing.pretending import pretend

LAB = """lab small
network lan 10.0.1.0/24
network far 10.0.2.0/24
router r { interface lan on lan .1 ; interface far on far .1 }
host a { interface on lan .10 ; default via r }
host b { interface on far .10 ; default via r ; serve http tcp/80 }
expect "the web" {
  a reaches b tcp/80 answered by b
  a reaches b
}
expect failure { a reaches b tcp/80 ; a resolves nowhere.example to b }
"""


def _silent(_: str, asked: str) -> str | None:
    return "timeout\t" if asked.startswith("tcp") else "exit 2\t" if "getent" in asked else None


def _good() -> Results:
    return pretend(LAB)[0]


def _bad() -> Results:
    return pretend(LAB, _silent)[0]


def test_the_table_has_80_columns_and_every_place() -> None:
    for results in (_good(), _bad()):
        lines = table(results).splitlines()
        assert max(map(len, lines)) <= 80
        assert all(any(f"{number} " in line for line in lines) for number in (8, 9, 11))


def test_a_good_run() -> None:
    text = table(_good())
    assert text.splitlines()[0].split() == ["where", "expected", "pred.", "seen"]
    assert "ok   <stdin>:8     a reaches b tcp/80         holds answered by b.http" in text
    assert text.splitlines()[-1].startswith("small on compose: 3 passed (")


def test_what_differs_is_said_first_and_loudest() -> None:
    lines = table(_bad()).splitlines()
    assert lines[0] == "!" * 80
    assert lines[1] == "PREDICTION AND REALITY DIFFER: a bug in netdsl, or in the lab's raw parts"
    assert lines[3] == "  <stdin>:8: a reaches b tcp/80 answered by b"
    assert lines[4] == "    predicted: holds; `b.http` answers"
    assert lines[5] == "    seen: fails; 10.0.2.10 tcp/80 no answer"
    assert any(line.startswith("DIFF <stdin>:8") for line in lines)
    assert "2 differences" in lines[-1]


def test_json_says_what_was_predicted_and_what_was_seen() -> None:
    document = json.loads(as_json(_bad()))
    assert document["format"] == 1
    assert document["counts"] == {"passed": 2, "failed": 1, "untested": 0}
    first = document["blocks"][0]["lines"][0]
    assert first["statement"] == "a reaches b tcp/80 answered by b"
    assert first["predicted"] == {"holds": True, "exact": True, "reason": "`b.http` answers"}
    assert (first["seen"]["holds"], first["seen"]["text"]) == (False, "10.0.2.10 tcp/80 no answer")
    assert first["differs"] is True
    failure = document["blocks"][1]
    assert (failure["failure"], failure["verdict"], failure["lines"][0]["verdict"]) == (True, "passed", None)


# The shape that CI systems agree on (Jenkins' junit-10.xsd, GitLab, GitHub actions): elements, their children, their
# attributes that are required.
_SHAPE = {
    "testsuites": ({"testsuite"}, {"name", "tests", "failures", "errors", "time"}),
    "testsuite": ({"testcase"}, {"name", "tests", "failures", "errors", "skipped", "time"}),
    "testcase": ({"failure", "error", "system-out"}, {"name", "classname", "time", "file", "line"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message", "type"}),
    "system-out": (set(), set()),
}


def _check_shape(element: Xml.Element) -> None:
    children, attributes = _SHAPE[element.tag]
    assert set(element.attrib) == attributes
    assert {child.tag for child in element} <= children
    for child in element:
        _check_shape(child)


def test_junit_has_the_common_shape_and_counts_what_is_in_it() -> None:
    for results in (_good(), _bad()):
        root = Xml.fromstring(as_junit(results))
        _check_shape(root)
        for suite in root:
            assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
            assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
            assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
        assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))


def test_junits_times_add_up() -> None:
    for results in (_good(), _bad()):
        lines = tuple(
            replace(block, lines=tuple(replace(one, seen=replace(one.seen, seconds=1.25 + at)) for one in block.lines))
            for at, block in enumerate(results.blocks)
        )
        root = Xml.fromstring(as_junit(replace(results, blocks=lines, seconds=0.5)))
        for suite in root:
            cases = [float(case.get("time", "")) for case in suite]
            assert sum(cases) == pytest.approx(float(suite.get("time", "")))
        assert [suite.get("time") for suite in root] == ["2.500", "4.500"], "a line is counted once"
        assert root.get("time") == "7.000"


def test_junit_of_a_bad_run() -> None:
    root = Xml.fromstring(as_junit(_bad()))
    web, failure = root
    assert web.get("name") == 'expect "the web"'
    case = web[0]
    assert (case.get("name"), case.get("file"), case.get("line")) == (
        "a reaches b tcp/80 answered by b",
        "<stdin>",
        "8",
    )
    assert case[0].get("message") == "prediction and reality differ"
    assert [one.get("name") for one in failure] == ["at least one line does not hold", "a reaches b tcp/80"]


def test_what_xml_cannot_say_is_replaced() -> None:
    results, _ = pretend(LAB, lambda _, asked: "answered\tb\x07<&" if asked.startswith("tcp") else None)
    Xml.fromstring(as_junit(results))
