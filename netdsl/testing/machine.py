"""Results for programs: JSON, and JUnit XML for CI systems."""

import json
from collections.abc import Iterable
from typing import assert_never
from xml.etree import ElementTree as Xml

from netdsl.diagnostics.visible import visible_lines
from netdsl.testing.statements import shown_place
from netdsl.testing.types import Block, Results, Tested, Verdict
from netdsl.verify.sentences import block_text, claim_text, state_text

FORMAT = 1


def as_json(results: Results) -> str:
    """`format` is incremented at incompatible changes of this document."""
    document = {
        "format": FORMAT,
        "lab": results.lab,
        "target": results.target,
        "esp": results.esp or None,
        "seconds": round(results.seconds, 1),
        "counts": {verdict.name.lower(): results.count(verdict) for verdict in list(Verdict)[:3]},
        "differences": len(results.differences),
        "blocks": [_block(block) for block in results.blocks],
    }
    return json.dumps(document, indent=1) + "\n"


def _block(block: Block) -> dict[str, object]:
    expectation = block.expectation
    return {
        "title": expectation.title,
        "place": shown_place(expectation.origin),
        "failure": expectation.is_failure,
        "state": state_text(expectation.state) if expectation.state else None,
        "verdict": block.verdict.value,
        "lines": [_line(line) for line in block.lines],
    }


def _line(line: Tested) -> dict[str, object]:
    return {
        "statement": claim_text(line.line.claim),
        "place": shown_place(line.line.origin),
        "verdict": None if line.verdict is Verdict.LINE else line.verdict.value,
        "predicted": {"holds": line.proof.holds, "exact": line.proof.is_exact, "reason": line.proof.reason},
        "seen": {
            "holds": line.seen.holds,
            "text": line.seen.text,
            "control": line.seen.control or None,
            "seconds": round(line.seen.seconds, 1),
        },
        "differs": line.differs,
    }


def as_junit(results: Results) -> str:
    """A suite for each block, a case for each line; a failure block is one case. A difference from the prediction is a
    failure of its own type.

    The time of a case is that of its line until it was decided, the time of a suite the sum of its cases, that of all the
    sum of the suites: lines are tested at the same time, so that it may be more than the test took.
    """
    root = Xml.Element("testsuites", name=_text(results.lab))
    for block in results.blocks:
        root.append(_suite(results, block))
    root.set("time", _sum(root))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(results: Results, block: Block) -> Xml.Element:
    title = _text(block_text(block.expectation))
    cases = [_case(results, line) for line in block.lines]
    if block.expectation.is_failure:
        own = [case for case in cases if len(case) and case[0].tag == "failure"]
        others = [line for line, case in zip(block.lines, cases, strict=True) if case not in own]
        cases = [_failure_block(results, block, sum(line.seen.seconds for line in others)), *own]
    suite = Xml.Element("testsuite", name=title, tests=str(len(cases)), time=_sum(cases))
    for name, tag in (("failures", "failure"), ("errors", "error")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("skipped", "0")
    suite.extend(cases)
    return suite


def _case(results: Results, line: Tested) -> Xml.Element:
    case = _new_case(results, f"{claim_text(line.line.claim)}", shown_place(line.line.origin), line.seen.seconds)
    if line.differs:
        predicted = "holds" if line.proof.holds else "does not hold"
        message = f"predicted: {predicted}, {line.proof.reason}; seen: {line.seen.text}"
        _add(case, "failure", message, "prediction and reality differ", "difference")
    else:
        _add_verdict(case, line.verdict, line.seen.text, line.seen.text, line.seen.text)
    control = f"\ncontrol: {line.seen.control}" if line.seen.control else ""
    Xml.SubElement(case, "system-out").text = _text(f"seen: {line.seen.text}{control}")
    return case


def _failure_block(results: Results, block: Block, seconds: float) -> Xml.Element:
    """`seconds`: of the lines that have no case of their own."""
    case = _new_case(results, "at least one line does not hold", shown_place(block.expectation.origin), seconds)
    lines = "\n".join(f"{claim_text(line.line.claim)}: {line.seen.text}" for line in block.lines)
    _add_verdict(case, block.verdict, lines, "every line of this block holds", "not every line could be tested")
    Xml.SubElement(case, "system-out").text = _text(lines)
    return case


def _sum(parts: Iterable[Xml.Element]) -> str:
    """The sum of the times as they are written."""
    return f"{sum(float(part.get('time', '0')) for part in parts):.3f}"


def _add_verdict(case: Xml.Element, verdict: Verdict, text: str, failed: str, untested: str) -> None:
    """What a case has beside its output, with a message of its own where it failed or was not tested."""
    match verdict:
        case Verdict.FAILED:
            _add(case, "failure", text, failed, "expectation")
        case Verdict.UNTESTED:
            _add(case, "error", text, untested, "untested")
        case Verdict.PASSED | Verdict.LINE:
            pass
        case _:
            assert_never(verdict)


def _new_case(results: Results, name: str, place: str, seconds: float) -> Xml.Element:
    file, _, line = place.rpartition(":")
    attributes = {"name": _text(name), "classname": f"{results.lab}.{results.target}", "time": f"{seconds:.3f}"}
    if file:
        attributes |= {"file": _text(file), "line": line}
    return Xml.Element("testcase", attributes)


def _add(case: Xml.Element, tag: str, text: str, message: str, kind: str) -> None:
    Xml.SubElement(case, tag, message=_text(message), type=kind).text = _text(text)


def _text(text: str) -> str:
    """Without control characters, most of which XML 1.0 cannot represent, and without those that cannot be seen."""
    return visible_lines(text)
