"""What makes two labs the same, and that no secret gets into a run."""

import pytest

from netdsl.measuring.subject import subject_of
from netdsl.pipeline.analysis import check_text
from netdsl.pipeline.compilation import closed
from netdsl.source import SourceFile
from tests.compiling import lab_of
from tests.measuring.pretending import SOURCE

TUNNEL = """lab pair
network wan 192.0.2.0/24
network left 10.0.1.0/24
network right 10.0.2.0/24
router a { interface wan on wan .1 ; interface lan on left .1 ; uplink nat ; default via b.wan }
router b { interface wan on wan .2 ; interface lan on right .1 ; default via a.wan }
ipsec vpn { between a.wan protecting left and b.wan protecting right ; auth psk "do not tell" ; start at boot }
"""


def _digests(source: str) -> tuple[str, str]:
    subject = subject_of(lab_of(source), (), {})
    return subject.digest, subject.payload


def test_comments_layout_and_the_order_of_options_do_not_matter() -> None:
    spread = "# a comment\n" + SOURCE.replace(" ; ", "\n  ").replace("{ ", "{\n  ")
    assert _digests(spread) == _digests(SOURCE)


def test_what_the_lab_is_and_expects_matters() -> None:
    assert _digests(SOURCE.replace(".2 ;", ".3 ;")) != _digests(SOURCE)
    other = _digests(SOURCE.replace("one reaches two tcp/80", "two reaches one icmp"))
    assert other[0] != _digests(SOURCE)[0]
    assert other[1] == _digests(SOURCE)[1], "the nodes are inside as before"


def test_a_closed_lab_is_another_one() -> None:
    lab = lab_of(TUNNEL)
    assert subject_of(closed(lab), (), {}).digest != subject_of(lab, (), {}).digest


def test_a_lab_is_counted_and_its_sources_are_kept() -> None:
    subject = subject_of(lab_of(TUNNEL), [SourceFile("lab.net", "text")], {"b": "2", "a": "1"})
    assert (subject.name, subject.nodes, subject.networks, subject.tunnels) == ("pair", 2, 3, 1)
    assert [(one.name, one.text) for one in subject.sources] == [("lab.net", "text")]
    assert [(one.name, one.value) for one in subject.parameters] == [("a", "1"), ("b", "2")]


def test_secrets_are_not_shown() -> None:
    checked = check_text(TUNNEL.encode())
    assert checked.lab is not None
    sources = [document.source for document in checked.sources.documents.values()]
    subject = subject_of(checked.lab, sources, {"key": "do not tell", "other": '"do not tell"'})
    assert "do not tell" not in repr((subject.sources, subject.parameters))
    assert 'auth psk "(not shown)"' in subject.sources[0].text
    assert [one.value for one in subject.parameters] == ["(not shown)"] * 2


@pytest.mark.parametrize(
    ("before", "psk", "hidden"),
    [
        ("", r'"do \"not\" \$tell \\"', r'auth psk "(not shown)"'),
        ('param key = "do not tell"\n', "$key", 'param key = "(not shown)"'),
        ('let site = "home"\n', '"do not ${site} tell"', 'auth psk "(not shown)"'),
        ('let half = "do not"\n', '"$half-tell"', 'let half = "(not shown)"'),
    ],
)
def test_however_a_secret_is_written_it_is_not_shown(before: str, psk: str, hidden: str) -> None:
    source = TUNNEL.replace('"do not tell"', psk).replace("lab pair\n", 'lab pair "do"\n' + before)
    checked = check_text(source.encode())
    assert checked.lab is not None, checked.diagnostics
    subject = subject_of(checked.lab, [document.source for document in checked.sources.documents.values()], {})
    (shown,) = subject.sources
    assert "tell" not in shown.text
    assert "do not" not in shown.text
    assert hidden in shown.text
    assert 'lab pair "do"' in shown.text, "a word of a secret is no secret"


def test_a_parameter_that_a_secret_is_made_with_is_not_shown() -> None:
    source = TUNNEL.replace('"do not tell"', '"k-$key"').replace("lab pair\n", 'lab pair\nparam key = "default"\n')
    checked = check_text(source.encode(), parameters={"key": "do not tell"})
    assert checked.lab is not None
    subject = subject_of(checked.lab, (), {"key": "do not tell", "other": "no"})
    assert [one.value for one in subject.parameters] == ["(not shown)", "no"]
