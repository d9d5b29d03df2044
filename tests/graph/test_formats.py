"""Whatever a lab says, each format stays what it is, and says it whole."""

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netdsl.graph import FORMATS, Device, Graph, Joint, Port, Segment, State
from netdsl.graph.text import shown
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.node import NodeKind
from tests.attack.texts import TEXTS

from .asking import CORNERS, EXAMPLES, ROOT, graph, graph_at

_SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    *(text for text in TEXTS if text),
    "<script>alert(1)</script>", "</svg><img src=x onerror=alert(1)>", "]]>", "<!--", "-->", "<![CDATA[", "&amp;", "&#60;",
    "&lt;b&gt;", "</style>", "</title>", "' onload='x", '" onload="x', "שלום", "مرحبا", "\u202eabc", "\u2066x", "a\nb\r\nc",
    '"]', '"|', "|x|", "end", "graph", "click n0 href x", "#quot;", "#35;", "%%{init: {}}%%", "`**x**`", "1. x", "- x",
    "\\N", "\\G", "\\l", '\\"', "{a|b}", "<b>x</b>", "%name%", "html=1;", ";fillColor=red;",
)  # fmt: skip
each_hostile = pytest.mark.parametrize(
    "text", [pytest.param(text, marks=[pytest.mark.slow] * (number % 8 > 0)) for number, text in enumerate(HOSTILE)]
)


def hostile(text: str) -> Graph:
    """A lab that says it wherever a lab can say something, and where the language would not let it."""
    lan, node, other = NetworkId(text), NodeId(text), NodeId("other")
    tunnel = TunnelId(text)
    return Graph(
        text,
        text,
        (Segment(lan, (text,), False, (text,)), Segment(NetworkId("link"), (text,), True)),
        (
            Device(
                node,
                NodeKind.ROUTER,
                (Port(text, lan, (text,), (tunnel,), (text,)), Port("x", NetworkId("link"), (text,))),
                (text,),
                (text,),
                True,
                True,
                ("dnat",),
                (tunnel,),
            ),
            Device(other, NodeKind.HOST, (Port(text, lan, (text,), (tunnel,), (text,)),), tunnels=(tunnel,)),
            Device(NodeId("leaf"), NodeKind.HOST, (Port(text, lan, (text,)),), services=(text,)),
        ),
        (Joint(tunnel, node, other, ((text, text), (text, text)), State.UP, (lan,), True, text, text),),
    )


def _tags(root: ElementTree.Element) -> set[str]:
    return {element.tag for element in root.iter()}


PLAIN = {name: draw(hostile("plain")) for name, draw in FORMATS.items()}


@each_hostile
def test_svg_has_no_other_elements_than_for_a_harmless_text(text: str) -> None:
    root = ElementTree.fromstring(FORMATS["svg"](hostile(text)))
    assert _tags(root) == _tags(ElementTree.fromstring(PLAIN["svg"]))
    assert root.findtext(f"{_SVG}title") == shown(f"{text}: {text}")
    said = {element.text for element in root.iter(f"{_SVG}text")}
    assert shown(text) in said
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert element.get("href", "#netdsl-").startswith("#netdsl-")


@each_hostile
def test_drawio_has_as_many_cells_and_says_the_text(text: str) -> None:
    root = ElementTree.fromstring(FORMATS["drawio"](hostile(text)))
    plain = ElementTree.fromstring(PLAIN["drawio"])
    assert [(cell.get("id"), cell.get("parent")) for cell in root.iter("mxCell")] == [
        (cell.get("id"), cell.get("parent")) for cell in plain.iter("mxCell")
    ]
    assert all("html=1" not in cell.get("style", "") for cell in root.iter("mxCell"))
    values = [line for cell in root.iter("mxCell") for line in cell.get("value", "").split("\n")]
    assert shown(text) in values


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@each_hostile
def test_dot_is_the_same_but_for_its_strings(text: str) -> None:
    found = FORMATS["dot"](hostile(text))
    assert _QUOTED.sub('""', found) == _QUOTED.sub('""', PLAIN["dot"])
    lines = [
        html.unescape(re.sub(r"\\(.)", r"\1", line))
        for string in _QUOTED.findall(found)
        for line in re.split(r"(?<!\\)(?:\\\\)*\\n", string)
    ]
    assert any(shown(text) in line for line in lines)


@each_hostile
def test_mermaid_is_the_same_but_for_its_strings(text: str) -> None:
    found, plain = FORMATS["mermaid"](hostile(text)), PLAIN["mermaid"]
    body, strings = found.split("---\n", 2)[2], re.compile(r'"([^"]*)"')
    assert strings.sub('""', body) == strings.sub('""', plain.split("---\n", 2)[2])
    said = [_without_entities(part) for string in strings.findall(body) for part in string.split("<br/>")]
    assert shown(text) in said
    assert all(not set(string.replace("<br/>", "")) & set("<>&`\\{}[]|%;'") for string in _bare(strings.findall(body)))


def _bare(texts: list[str]) -> Iterator[str]:
    for text in texts:
        yield re.sub(r"#\d+;", "", text)


def _without_entities(text: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_name_and_address_of_a_lab_is_in_it(name: str, path: Path) -> None:
    found = graph_at(path)
    text = html.unescape(_without_entities(FORMATS[name](found)))
    for device in found.devices:
        assert device.id in text
        assert all(address in text for port in device.ports for address in port.addresses)
    assert all(prefix in text for segment in found.segments for prefix in segment.prefixes)
    assert all(joint.tunnel in text and part in text for joint in found.joints for part in joint.protects[0])


def test_svg_is_for_those_who_do_not_see_it_too() -> None:
    root = ElementTree.fromstring(FORMATS["svg"](graph(CORNERS)))
    assert root.get("role") == "img"
    names = [root.find(f"{_SVG}title"), root.find(f"{_SVG}desc")]
    assert root.get("aria-labelledby") == " ".join(str(one.get("id")) for one in names if one is not None)
    assert names[1] is not None
    said = str(names[1].text).split(". ")
    assert said[0] == "4 hosts, 2 routers, 1 switch, 3 networks, 1 link and 3 tunnels"
    assert (
        "Tunnel hand between a and b protects 10.0.0.2 and 10.9.0.3 (opened by hand), encrypted on left, right, "
        "r.up--q.down and far"
    ) in said


def test_two_svgs_can_stand_in_one_page() -> None:
    one, other = FORMATS["svg"](graph(CORNERS)), FORMATS["svg"](graph_at(EXAMPLES[0]))
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, other)]
    assert not ids[0] & ids[1]
    for text, own in zip((one, other), ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"', text)) <= own
        scope = re.findall(r'<svg [^>]*id="([^"]+)"', text)[0]
        style = re.findall(r"<style>(.*)</style>", text)[0]
        selectors = re.findall(r"(?:^|[{}])([^{}@]+)\{", re.sub(r"@[^{]+\{", "", style))
        assert selectors
        assert all(selector.startswith(f"#{scope}") for selector in selectors)


def test_svg_reaches_for_nothing_outside() -> None:
    text = FORMATS["svg"](graph(CORNERS)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "://" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert "<?xml" not in text


def test_svg_says_encrypted_by_more_than_colour() -> None:
    text = FORMATS["svg"](graph_at(ROOT / "examples" / "site-to-site" / "lab.net"))
    assert re.search(r"\.we\{[^}]*stroke-dasharray", text)
    assert "carries a tunnel&#39;s packets, encrypted" in text
    assert text.count('-lock" x=') >= 6


def test_an_empty_graph_is_a_picture_of_nothing() -> None:
    for name, draw in FORMATS.items():
        text = draw(Graph("nothing", None, (), ()))
        assert "nothing" in text
        if name in ("svg", "drawio"):
            ElementTree.fromstring(text)


@pytest.mark.slow
def test_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import sys;from tests.graph.asking import CORNERS, STAR, graph;from netdsl.graph import FORMATS;"
        "sys.stdout.write(''.join(draw(graph(lab)) for draw in FORMATS.values() for lab in (CORNERS, STAR)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 10_000
