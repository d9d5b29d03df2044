"""The page as text: what is on it, that it needs nothing else, and that nobody's words become markup."""

import builtins
import gzip
import re
import sys
from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from types import ModuleType

import pytest

from netdsl.comparing.compare import compare
from netdsl.comparing.types import Comparison
from netdsl.comparing.units import shown_spread
from netdsl.measuring.store import parse_run
from netdsl.measuring.types import CUT, Round, Run, Trouble
from netdsl.report import ReportError, page
from netdsl.report.theme import style
from tests.report import made_up
from tests.report.reading import Document, read, read_page

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200"><title>A lab</title><rect width="9" height="9"/></svg>'


@pytest.fixture(scope="module")
def text() -> str:
    return page(made_up.comparison(), made_up.paper(), SVG)


@pytest.fixture(scope="module")
def document(text: str) -> Document:
    return read(text)


@pytest.mark.slow
def test_the_same_runs_make_the_same_page(text: str) -> None:
    assert page(made_up.comparison(), made_up.paper(), SVG) == text


def test_it_is_small_enough_to_be_sent(text: str) -> None:
    assert len(text.encode()) < 2_000_000


# ------------------------------------------------------------------------------------------------- needs nothing else


def test_nothing_is_loaded_from_anywhere(document: Document) -> None:
    assert document.named("link") == []
    links = [*document.values("href"), *document.values("src")]
    assert links
    assert [one for one in links if not one.startswith(("#", "data:application/gzip;", "data:image/svg+xml;"))] == []


def test_its_policy_allows_its_own_style_and_script_and_no_other(document: Document) -> None:
    (policy,) = [one.attributes["content"] for one in document.named("meta") if "http-equiv" in one.attributes]

    def known(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    (style,) = document.named("style")
    (script,) = [one for one in document.named("script") if "type" not in one.attributes]
    assert policy == (
        f"default-src 'none'; style-src {known(style.text)}; script-src {known(script.text)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def test_no_element_has_a_style_or_a_handler_that_the_policy_would_refuse(document: Document) -> None:
    names = {name for one in document.elements for name in one.attributes}
    assert "style" not in names
    assert [name for name in names if name.startswith("on")] == []


# ------------------------------------------------------------------------------------------------------ what is on it


@pytest.mark.parametrize(
    "said",
    [
        "Two sites reach the cloud server through IPsec",
        "Lab site-to-site: 9 nodes, 6 networks, 2 tunnels.",
        "Before you read the figures",
        "vagrant (emulated): 5 of 6 expectations passed in every round",
        "a.client-1 to server through a.to-cloud",
        "a.gw to gw-s in clear",
        "Fresh boot",
        "estimate, not measured",
        "the uplink goes through the engine's NAT",
        "none (QEMU emulates the processor)",
        "0.40 → 1.90",
        "iperf3 ended with status 1 (run it again)",
        "proportional set size of each node's QEMU process",
        "masquerade out wan except through ipsec",
        "sha256:90cd2277aa10",
    ],
)
def test_it_says(document: Document, said: str) -> None:
    assert said in " ".join(document.text.split())


def test_every_figure_of_the_comparison_is_in_a_table(document: Document) -> None:
    assert len(document.named("tbody")) > 8
    rows = [one for one in document.named("th") if one.attributes.get("scope") == "row"]
    assert len(rows) >= len(made_up.comparison().quantities)


def test_what_was_emulated_says_so_in_each_card_and_each_section(text: str) -> None:
    said = "says nothing of how fast a machine with KVM is"
    cards = re.findall(r'<article class="card">.*?</article>', text, re.DOTALL)
    assert cards
    assert all(said in card for card in cards)
    sections = re.findall(r'<section aria-labelledby="(\w+)">(.*?)</section>', text, re.DOTALL)
    measured = ("boot", "memory", "cost", "latency", "throughput", "machines")
    assert [name for name, inside in sections if said in inside and name != "summary"] == list(measured)


def test_each_plot_says_its_figures_in_words(document: Document) -> None:
    plots = [one for one in document.named("svg") if one.attributes.get("role") == "img"]
    assert len(plots) == 11
    said = {
        one.attributes["id"]: one.text for one in document.elements if one.tag in ("title", "desc") and one.attributes
    }
    for plot in plots:
        title, description = plot.attributes["aria-labelledby"].split()
        assert said[title]
        assert "compose" in said[description]
        assert "vagrant (emulated)" in said[description]
    assert re.search(r"Fresh boot: total: compose 23\.9 \[.*\] s, 3 values; vagrant", said["boot-d"])


def test_no_id_is_there_twice_and_none_is_missing(document: Document) -> None:
    ids = document.values("id")
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    wanted = {name for value in document.values("aria-labelledby") for name in value.split()}
    wanted |= {value[1:] for value in document.values("href") if value.startswith("#")}
    wanted |= {
        name
        for one in document.elements
        for value in one.attributes.values()
        for name in re.findall(r"url\(#(.*?)\)", value)
    }
    assert wanted - set(ids) == set()


@pytest.mark.slow
def test_an_expectation_leads_to_its_line_of_the_source(document: Document) -> None:
    run = replace(made_up.containers(), rounds=tuple(_moved(one) for one in made_up.containers().rounds))
    assert "#line-1-86" in document.values("href")
    links = read_page(compare((run,))).values("href")
    assert not [one for one in links if one.startswith("#line-")], "the file has no such line"


def _moved(turn: Round) -> Round:
    return replace(turn, lines=tuple(replace(line, place="lab.net:8100:3") for line in turn.lines))


def test_the_drawing_is_an_image_with_its_title_as_the_alternative(document: Document) -> None:
    (image,) = document.named("img")
    assert image.attributes["alt"] == "A lab"
    assert (image.attributes["width"], image.attributes["height"]) == ("400", "200")
    assert b64decode(image.attributes["src"].partition(",")[2]).decode() == SVG


def test_a_drawing_that_is_none_is_refused() -> None:
    with pytest.raises(ReportError, match="no SVG"):
        page(made_up.comparison(), None, "<svg")


# --------------------------------------------------------------------------------------------------------------- data


def test_the_runs_are_inside_as_files_that_compare_reads(document: Document) -> None:
    inside = [one.text for one in document.named("script") if one.attributes.get("type") == "application/json"]
    assert [parse_run(text.encode(), "here") for text in inside] == [made_up.containers(), made_up.machines()]


def test_the_packed_links_hold_the_same(document: Document) -> None:
    links = [one.attributes for one in document.named("a") if "download" in one.attributes]
    assert [one["download"] for one in links] == [
        "site-to-site-1-compose.json.gz",
        "site-to-site-2-vagrant-emulated.json.gz",
    ]
    packed = [gzip.decompress(b64decode(one["href"].partition(",")[2])) for one in links]
    assert [parse_run(one, "here") for one in packed] == [made_up.containers(), made_up.machines()]


# --------------------------------------------------------------------------------------------------- less, and more


def test_a_run_of_which_nothing_is_there_yet_has_a_page() -> None:
    empty = replace(made_up.containers(), rounds=(), paths=(), facts=(), methods=())
    document = read_page(compare((empty,)))
    assert "The lab expects nothing, or nothing was tried." in document.text
    assert [one for one in document.named("svg") if "role" in one.attributes] == []


@pytest.mark.slow
def test_one_run_alone_has_a_page() -> None:
    comparison = compare((made_up.containers(),))
    total = comparison.quantity("boot.fresh.total")
    assert total is not None
    assert total.by_run[0] is not None
    text = read_page(comparison).text
    assert "one run alone" in text
    assert shown_spread(total.by_run[0], total.unit) in text
    assert " as long as " not in text  # nothing stands beside it


@pytest.mark.slow
def test_two_rounds_have_no_interval() -> None:
    two = replace(made_up.containers(), rounds=made_up.containers().rounds[:2])
    assert "2 values, no interval" in read_page(compare((two,))).text


@pytest.mark.slow
def test_what_was_not_measured_in_one_run_is_told() -> None:
    cut = replace(made_up.machines(), rounds=tuple(replace(one, disk=None) for one in made_up.machines().rounds))
    document = read_page(compare((made_up.containers(), cut)))
    assert document.text.count("not measured") > 3


def test_36_runs_look_different() -> None:
    assert len({style(run) for run in range(36)}) == 36


@pytest.mark.slow
def test_eight_runs_have_a_page() -> None:
    run = made_up.containers(1)
    short = replace(run, rounds=(replace(run.rounds[0], latencies=(), throughputs=(), readings=()),))
    assert "compose #8" in read_page(compare((short,) * 8)).text


# --------------------------------------------------------------------------------------------------- hostile words

HOSTILE = (
    '</script><script>alert("x")</script>',
    "<!--<script>",
    "--><img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)",
    "javascript:alert(1)",
    "]]></svg><svg onload=alert(1)>",
    "</title></style><style>*{color:red}",
    "{{ 7*7 }}{% raw %}",
    "$\\frac{a}{b}$ & &lt; \u2028\u202e\x1b[31m \x07",
    "`unclosed <b>bold</b>",
    "`<b>code</b>`",
    "=HYPERLINK(1)",
    "x" * 3000,
)


def hostile(word: str) -> Comparison:
    """Where a lab, a machine or a file says something."""

    def spoilt(run: Run) -> Run:
        subject = replace(
            run.subject,
            name=word,
            title=word,
            digest=word,
            payload=word,
            sources=tuple(replace(one, name=word, text=f"{word}\n{word}") for one in run.subject.sources),
            parameters=tuple(replace(one, name=word, value=word) for one in run.subject.parameters),
        )
        named = {path.name: f"{number}{word}" for number, path in enumerate(run.paths)}
        return replace(
            run,
            netdsl=word,
            target=word,
            subject=subject,
            machine=replace(run.machine, processor=word, kernel=word, system=word, architecture=word),
            facts=tuple(replace(one, name=word, value=word) for one in run.facts),
            methods=tuple(replace(one, name=word, value=word) for one in run.methods),
            paths=tuple(
                replace(
                    one,
                    name=named[one.name],
                    source=word,
                    destination=word,
                    address=word,
                    tunnels=(word,),
                    services=(word,),
                )
                for one in run.paths
            ),
            rounds=tuple(_spoilt(one, named, word) for one in run.rounds),
        )

    return compare((spoilt(made_up.containers(1)), spoilt(made_up.machines(1))))


def _spoilt(turn: Round, named: dict[str, str], word: str) -> Round:
    return replace(
        turn,
        began=word,
        latencies=tuple(replace(one, path=named[one.path]) for one in turn.latencies),
        throughputs=tuple(replace(one, path=named[one.path]) for one in turn.throughputs),
        lines=tuple(
            replace(one, place=f"{word}:1", text=f"{number}{word}", verdict=word)
            for number, one in enumerate(turn.lines)
        ),
        troubles=tuple(replace(one, step=word, message=word, remedy=word) for one in turn.troubles),
    )


def _check(word: str, plain: Document) -> None:
    comparison = hostile(word)
    document = read_page(comparison)
    assert {one.tag for one in document.elements} - {one.tag for one in plain.elements} == set()
    assert [one.attributes.get("type", "own") for one in document.named("script")] == ["application/json"] * 2 + ["own"]
    assert document.comments == []
    assert not set("\u202e\u2028\x1b\x07") & set(document.text), "shown as signs"
    assert len(document.named("style")) == 1
    names = {name for one in document.elements for name in one.attributes}
    assert names - {name for one in plain.elements for name in one.attributes} == set()
    links = [*document.values("href"), *document.values("src")]
    assert [one for one in links if not one.startswith(("#", "data:application/gzip;base64,"))] == []
    inside = [one.text for one in document.named("script") if one.attributes.get("type") == "application/json"]
    assert [parse_run(text.encode(), "here") for text in inside] == list(comparison.runs)


@pytest.mark.slow
def test_words_of_a_run_are_text(document: Document) -> None:
    _check(" ".join(HOSTILE), document)


@pytest.mark.slow
@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_each_word_of_a_run_is_text(word: str, document: Document) -> None:
    _check(word, document)


@pytest.mark.slow
def test_a_hostile_drawing_stays_an_image() -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><title>"&gt;&lt;script></title><script>alert(1)</script></svg>'
    document = read_page(compare((made_up.containers(1), made_up.machines(1))), drawing)
    assert len(document.named("script")) == 3
    assert document.named("img")[0].attributes["alt"] == '"><script>'


@pytest.mark.slow
def test_a_round_cut_short_is_not_counted() -> None:
    run = made_up.containers(1)
    (first,) = run.rounds
    cut = replace(first, number=2, troubles=(Trouble(CUT, "Ctrl-C"),))
    text = " ".join(read_page(compare((replace(run, wanted=3, rounds=(first, cut)),))).text.split())
    assert text.count("1 of 3 rounds") == 2, "beside the run's name and among what makes figures uncertain"
    assert "2 of 3 rounds" not in text
    assert "2 of 3, cut short" in text


# ------------------------------------------------------------------------------------------------------ without plots


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def missing(name: str, *others: object, **named: object) -> ModuleType:
        if name == "netdsl.report" and others[2:3] and "canvas" in str(others[2]):
            raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
        return found(name, *others, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ReportError, match="matplotlib is not installed") as raised:
        page(made_up.comparison(), None, None)
    assert raised.value.remedy == f"{sys.executable} -m pip install matplotlib"
