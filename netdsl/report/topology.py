"""The drawing of the lab as an image of its own: what is in it reaches nothing of the page."""

from base64 import b64encode
from dataclasses import dataclass
from xml.etree import ElementTree

from netdsl.report.error import ReportError

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Picture:
    """`width` and `height` in pixels, None where the drawing does not say; `words`: its own title and description."""

    link: str
    width: int | None
    height: int | None
    words: str


def picture(svg: str) -> Picture:
    """Raises ReportError where it is no SVG."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - expat bounds what entities grow to
    except ElementTree.ParseError as error:
        raise ReportError(f"the drawing is no SVG: {error}", remedy="take one of `netdsl graph`") from error
    found = (root.findtext(f"{_SVG}{tag}") for tag in ("title", "desc"))
    box = root.get("viewBox", "").replace(",", " ").split()
    width, height = (round(float(one)) for one in box[2:4]) if len(box) == 4 else (None, None)
    link = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    return Picture(link, width, height, ". ".join(" ".join(one.split()).rstrip(".") for one in found if one))
