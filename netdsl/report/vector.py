"""Converting matplotlib's SVG for a page: inline styles become attributes (the page's policy forbids them), colours
become classes, ids become unique."""

import re
from xml.etree import ElementTree

from netdsl.diagnostics.visible import visible
from netdsl.report.theme import CLASSES

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_KEPT = frozenset(
    (
        "stroke-width",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-linejoin",
        "stroke-linecap",
        "opacity",
        "fill-opacity",
        "stroke-opacity",
        "text-anchor",
        "font-size",
        "font-weight",
    )
)
_DROPPED = frozenset(("font-family",))  # the page's
_NUMBER = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_NUMERIC = ("d", "x", "y", "width", "height", "transform", "viewBox", "stroke-dasharray", "stroke-width")


def themed(text: str, name: str, title: str, description: str) -> str:
    """An `svg` element for an HTML page. `name`: the prefix of every id; `title`, `description`: the text alternative.

    Raises ValueError for a style property of matplotlib that is not handled here.
    """
    root = ElementTree.fromstring(text)  # noqa: S314 - written by matplotlib in this process
    _strip(root)
    used = _references(root)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        _restyle(element)
        _rename(element, name, used)
        _shorten(element)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"class": "plot", "role": "img", "aria-labelledby": f"{name}-t {name}-d"}
    for position, (tag, content) in enumerate((("title", title), ("desc", description))):
        child = ElementTree.Element(tag, {"id": f"{name}-{tag[0]}"})
        child.text = visible(content)
        root.insert(position, child)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _strip(root: ElementTree.Element) -> None:
    """Remove matplotlib's style sheet, metadata and white space."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"):
                parent.remove(child)
            child.tail = None
        if not (parent.text or "").strip():
            parent.text = None


def _references(root: ElementTree.Element) -> frozenset[str]:
    found: set[str] = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            found.update(_REFERENCE.findall(value))
            if key == _LINK:
                found.add(value.removeprefix("#"))
    return frozenset(found)


def _restyle(element: ElementTree.Element) -> None:
    declared = element.attrib.pop("style", "")
    properties: dict[str, str] = {}
    for declaration in filter(str.strip, declared.split(";")):
        key, _, value = declaration.partition(":")
        properties[key.strip()] = value.strip()
    for paint in ("fill", "stroke"):
        if paint in element.attrib:
            properties.setdefault(paint, element.attrib.pop(paint))
    classes = [
        f"{paint[0]}-{CLASSES[properties.pop(paint)]}"
        for paint in ("fill", "stroke")
        if properties.get(paint) in CLASSES
    ]
    if classes:
        element.set("class", " ".join(classes))
    for key, value in properties.items():
        if key in ("fill", "stroke") and (value == "none" or value.startswith("url(#")):
            element.set(key, value)
        elif key in _KEPT:
            element.set(key, value.removesuffix("px"))
        elif key not in _DROPPED:
            raise ValueError(f"a plot has the style {key}: {value}")


def _rename(element: ElementTree.Element, name: str, used: frozenset[str]) -> None:
    identifier = element.attrib.pop("id", None)
    if identifier in used:
        element.set("id", f"{name}-{identifier}")
    link = element.attrib.pop(_LINK, None)
    if link is not None:
        element.set("href", f"#{name}-{link.removeprefix('#')}")
    for key, value in element.attrib.items():
        if key != "id" and "url(#" in value:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _shorten(element: ElementTree.Element) -> None:
    for key in _NUMERIC:
        if key in element.attrib:
            short = _NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), element.attrib[key])
            element.set(key, " ".join(short.split()))
    if element.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del element.attrib["transform"]
