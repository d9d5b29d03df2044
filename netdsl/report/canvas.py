"""The figure of a plot, in units of about one pixel on a phone. Imports matplotlib."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from netdsl.diagnostics.visible import visible
from netdsl.report.theme import GRID, INK, MUTED, PAPER, style
from netdsl.report.vector import themed

WIDTH = 296.0
TEXT = 10.0
LINE = 15.0
_TOP = 4.0
_LONGEST = 46


class Sheet:
    """A figure with a legend of all runs and, below it, an area of `height` for axes."""

    def __init__(self, names: tuple[str, ...], height: float, *, has_lines: bool) -> None:
        self.top = _TOP + LINE * len(names) + 6
        self.height = self.top + height
        self.figure = Figure(figsize=(WIDTH / 72, self.height / 72))
        FigureCanvasSVG(self.figure)
        self.figure.patch.set_visible(False)
        self._legend(names, has_lines)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """New axes at a position in units; `top` is measured from below the legend."""
        bottom = self.height - self.top - top - height
        box = (left / WIDTH, bottom / self.height, width / WIDTH, height / self.height)
        axes = self.figure.add_axes(box)
        axes.patch.set_visible(False)
        axes.set_axisbelow(True)
        axes.tick_params(colors=MUTED, labelsize=TEXT - 1, length=3, width=0.8, which="major", pad=3)
        axes.tick_params(length=0, which="minor")
        for side, spine in axes.spines.items():
            spine.set_color(MUTED)
            spine.set_visible(side == "bottom")
        return axes

    def _legend(self, names: tuple[str, ...], has_lines: bool) -> None:
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(self.height, 0)
        for number, name in enumerate(names):
            look, y = style(number), _TOP + LINE * (number + 0.5)
            if has_lines:
                axes.plot([5, 33], [y, y], color=look.line, ls=look.dashes, lw=1.8)
            else:
                axes.add_patch(Rectangle((5, y - 5), 28, 10, fc=look.soft, ec=look.line, hatch=look.hatch, lw=1))
            axes.plot([19], [y], look.marker, ms=6, mfc=look.line, mec=PAPER, mew=0.8)
            axes.text(41, y, shortened(name), va="center_baseline", color=INK, size=TEXT)

    def svg(self, name: str, title: str, description: str) -> str:
        written = StringIO()
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        self.figure.savefig(written, format="svg", metadata=nothing)
        return themed(written.getvalue(), name, title, description)


@contextmanager
def drawing() -> Iterator[None]:
    """The matplotlib settings for pages. Warnings about glyphs that matplotlib's fonts lack are suppressed: the browser
    uses fonts of its own."""
    with (
        warnings.catch_warnings(action="ignore"),
        rc_context(
            {
                "svg.fonttype": "none",
                "svg.hashsalt": "netdsl",
                "text.parse_math": False,
                "font.size": TEXT,
                "hatch.linewidth": 0.9,
                "axes.linewidth": 0.8,
            }
        ),
    ):
        yield


def guides(axes: Axes, *, along: str) -> None:
    axes.grid(axis="x" if along == "x" else "y", color=GRID, lw=0.8)


def shortened(text: str, longest: int = _LONGEST) -> str:
    """The text cut to one line of a plot, without characters that XML forbids; the page has the full text elsewhere."""
    text = visible(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
