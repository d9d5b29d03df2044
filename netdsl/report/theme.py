"""The style of each run in plots and legends: never distinguished by colour alone.

The colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), darkened or lightened for contrast with the page. A
plot is drawn in placeholder colours (marks); the page's style sheet has the real ones, for light, dark and print.
"""

from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """`line`, `soft`: placeholder colours; `hatch`, `marker`, `dashes`: as in matplotlib; `outline`: the marker's SVG
    path around the origin, 10 units wide."""

    line: str
    soft: str
    hatch: str
    marker: str
    dashes: tuple[float, tuple[float, ...]]
    outline: str


INK = "#010100"
MUTED = "#010200"
GRID = "#010300"
PAPER = "#010400"
_MARKERS = (
    ("o", "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z"),
    ("s", "M-4-4h8v8h-8z"),
    ("^", "M0-5L5 4H-5z"),
    ("D", "M0-5L5 0L0 5L-5 0z"),
    ("v", "M0 5L5-4H-5z"),
    ("P", "M-1.6-5h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z"),
)
_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----")
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2), (9, 3), (3, 1.5, 1, 1.5, 1, 1.5))
_COLOURS = 6


def style(run: int) -> Style:
    """The style of run number `run`. Colours repeat after six runs, then with markers, hatches and dashes shifted by
    one: 36 runs are distinct."""
    colour = run % _COLOURS
    form = (run + run // _COLOURS) % _COLOURS
    marker, outline = _MARKERS[form]
    return Style(f"#0200{colour:02x}", f"#0300{colour:02x}", _HATCHES[form], marker, (0, _DASHES[form]), outline)


_NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper"}
CLASSES: dict[str, str] = {
    **_NAMES,
    **{f"#0200{one:02x}": f"c{one}" for one in range(_COLOURS)},
    **{f"#0300{one:02x}": f"w{one}" for one in range(_COLOURS)},
}
"""The class of a placeholder colour in the style sheet, after `f-` (fill) or `s-` (stroke)."""
