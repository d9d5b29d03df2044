"""Lines of `expect` blocks, and findings, that are in one lab alone or do not stand in both as they do in one."""

import re
from collections.abc import Iterator, Mapping

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Severity
from netdsl.diff.details import with_new_names, written
from netdsl.diff.types import ExpectationChange, FindingChange, Standing
from netdsl.ir.expectation import Expectation, Expected
from netdsl.pipeline.analysis import Checked
from netdsl.verify.sentences import block_text, claim_text
from netdsl.verify.types import Proof

_OF_LINES = (
    catalogue.EXPECTATION_FAILS,
    catalogue.EXPECTATION_NOT_VERIFIED,
    catalogue.EXPECT_IMPOSSIBLE,
)
_NUMBER = re.compile(r" \(line \d+\)")

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Line:
    standing: Standing
    reason: str = ""
    written: str = ""


_ABSENT = _Line(Standing.ABSENT)


def expectation_changes(before: Checked, after: Checked, renamed: Mapping[str, str]) -> Iterator[ExpectationChange]:
    """In the order of the second lab, then what only the first one has."""
    olds = _lines(before, renamed)
    news = _lines(after, {})
    for key in dict.fromkeys((*news, *olds)):
        old, new = olds.get(key, _ABSENT), news.get(key, _ABSENT)
        if old.standing is not new.standing:
            said = new.written or old.written
            yield ExpectationChange(key[1], key[0], old.standing, new.standing, new.reason, said)


def _lines(checked: Checked, renamed: Mapping[str, str]) -> dict[_Key, _Line]:
    """Each line with the head of its block, in the names of the second lab; of lines that say the same the worst."""
    found: dict[_Key, _Line] = {}
    if checked.summary is None:
        for block in () if checked.lab is None else checked.lab.expectations:
            for line in block.lines:
                found[_key(block, line, renamed)] = _Line(Standing.NOT_ASKED, "", written(line))
        return found
    for proof in checked.summary.proofs:
        key = _key(proof.expectation, proof.line, renamed)
        standing = _standing(proof)
        if key not in found or found[key].standing is Standing.HOLDS:
            reason = "" if standing is Standing.HOLDS else proof.reason
            found[key] = _Line(standing, reason, written(proof.line))
    return found


def _key(block: Expectation, line: Expected, renamed: Mapping[str, str]) -> _Key:
    return with_new_names(block_text(block), renamed), with_new_names(claim_text(line.claim), renamed)


def _standing(proof: Proof) -> Standing:
    if not proof.is_exact:
        return Standing.UNKNOWN
    return Standing.HOLDS if proof.holds else Standing.FAILS


def finding_changes(before: Checked, after: Checked, renamed: Mapping[str, str]) -> Iterator[FindingChange]:
    """Those about lines of `expect` blocks are told with these; that a whole block shows no failure is a finding."""
    olds, news = _findings(before, renamed), _findings(after, {})
    yield from (FindingChange(*found, is_new=True) for found in news if found not in olds)
    yield from (FindingChange(*found, is_new=False) for found in olds if found not in news)


def _findings(checked: Checked, renamed: Mapping[str, str]) -> list[tuple[str, Severity, str]]:
    told = (found for found in checked.diagnostics if found.rule not in _OF_LINES)
    return list(
        dict.fromkeys(
            (found.rule.code, found.rule.severity, with_new_names(_NUMBER.sub("", found.message), renamed))
            for found in told
        )
    )
