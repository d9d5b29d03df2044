"""The drawing of the lab as an image (`data:` URL): its content has no access to the page."""

from base64 import b64encode
from xml.etree import ElementTree

from netdsl.dataclass import dataclass
from netdsl.report.error import ReportError

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Picture:
    """`width`, `height`: in pixels, None if the drawing has no view box; `words`: its title and description."""

    link: str
    width: int | None
    height: int | None
    words: str


def picture(svg: str) -> Picture:
    """The picture of a drawing. Raises ReportError if `svg` is no SVG."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - expat bounds what entities grow to
    except ElementTree.ParseError as error:
        raise ReportError(f"the drawing is no SVG: {error}", remedy="take one of `netdsl graph`") from error
    found = (root.findtext(f"{_SVG}{tag}") for tag in ("title", "desc"))
    box = root.get("viewBox", "").replace(",", " ").split()
    width, height = (round(float(size)) for size in box[2:4]) if len(box) == 4 else (None, None)
    link = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    return Picture(link, width, height, ". ".join(" ".join(text.split()).rstrip(".") for text in found if text))
