"""A page as a reader of HTML takes it: elements with their attributes, and the text of some."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from netdsl.comparing.types import Comparison
from netdsl.report import page


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Document:
    elements: list[Element] = field(default_factory=list)
    text: str = ""
    comments: list[str] = field(default_factory=list)

    def named(self, tag: str) -> list[Element]:
        return [one for one in self.elements if one.tag == tag]

    def values(self, attribute: str) -> list[str]:
        return [one.attributes[attribute] for one in self.elements if attribute in one.attributes]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()
        self._open: Element | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = Element(tag, {name: value or "" for name, value in attrs})
        self.document.elements.append(self._open)

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_comment(self, data: str) -> None:
        self.document.comments.append(data)

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data
        if self._open is None or self._open.tag not in ("script", "style"):
            self.document.text += data


def read(text: str) -> Document:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.document


def read_page(comparison: Comparison, svg: str | None = None) -> Document:
    return read(page(comparison, None, svg))
