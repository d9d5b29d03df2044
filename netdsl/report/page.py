"""A comparison as one self-contained HTML page: no network access, no other file, readable without scripts."""

import shlex
import sys
from base64 import b64encode
from functools import cache
from hashlib import sha256
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from netdsl.comparing.paper_types import Paper
from netdsl.comparing.table import sizes_text, varied_texts
from netdsl.comparing.types import Column, Comparison, Group
from netdsl.comparing.variant_types import Variants
from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import visible
from netdsl.disk.shipped import shipped_text
from netdsl.report.data import embedded, file_name
from netdsl.report.error import ReportError
from netdsl.report.figures import Drawn, Plot, drawn
from netdsl.report.rows import Bars, Curves, Ranges, Sizes
from netdsl.report.summary import headlines, held
from netdsl.report.tables import (
    Line,
    claims,
    lines_of,
    machines,
    methods,
    of_values,
    on_paper,
    path_lines,
    plans,
    round_lines,
)
from netdsl.report.theme import Style, style
from netdsl.report.topology import picture


@dataclass(frozen=True, slots=True)
class Figure:
    svg: Markup
    title: str
    caption: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a table under one heading."""

    head: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The plots and the table of a group of figures. `about`: an introduction for the reader."""

    name: str
    title: str
    about: str
    figures: tuple[Figure, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A run with its name and its style in every plot."""

    number: int
    column: Column
    look: Style
    colour: int
    target: str
    rounds: str


_SECTIONS: tuple[tuple[str, str, str, tuple[Group, ...]], ...] = (
    ("boot", "Boot and teardown", "Fresh and warm boots are defined under Methods.", (Group.BOOT,)),
    (
        "memory",
        "Memory",
        "How it was read differs between the runs and is said under Methods.",
        (Group.MEMORY,),
    ),
    ("cost", "Processor and disk", "", (Group.PROCESSOR, Group.DISK)),
    (
        "latency",
        "Latency",
        "Every path that was measured, through the tunnels and around them; an axis is logarithmic where it says so.",
        (Group.LATENCY,),
    ),
    ("throughput", "Throughput by packet size", "", (Group.THROUGHPUT,)),
    (
        "wire",
        "Overhead on the wire",
        "What a packet has grown by on the network that sees the largest of it, in bytes of IP packets, recorded there.",
        (Group.WIRE,),
    ),
)


def page(comparison: Comparison, paper: Paper | Variants | None, svg: str | None) -> str:
    """The HTML text; the same for the same arguments. `svg`: a drawing of the lab by `netdsl graph`.

    Raises ReportError if matplotlib is not installed or `svg` is no SVG.
    """
    drawing = None if svg is None else picture(svg)
    drawings = drawn(comparison)
    plots = tuple(Figure(Markup(text), one.plot.title, one.caption) for one, text in _drawn(drawings))  # noqa: S704
    groups = tuple(one.group for one in drawings)
    sections = tuple(
        Section(
            name,
            title,
            about,
            tuple(figure for figure, group in zip(plots, groups, strict=True) if group in section_groups),
            _blocks(tuple(line for group in section_groups for line in lines_of(comparison, group))),
        )
        for name, title, about, section_groups in _SECTIONS
    )
    subject = comparison.runs[0].subject
    sheet, script = _template("page.css"), _template("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            policy=_policy(sheet, script),
            sheet=Markup(sheet),  # noqa: S704 - this package's own
            script=Markup(script),  # noqa: S704
            subject=subject,
            sizes=sizes_text(comparison),
            varied=varied_texts(comparison),
            runs=_runs(comparison),
            version=comparison.runs[0].netdsl,
            warnings=comparison.warnings,
            headlines=headlines(comparison),
            held=held(comparison),
            sections=tuple(section for section in sections if section.figures or section.blocks),
            others=_blocks(lines_of(comparison, Group.EXPECTATIONS)),
            claims=claims(comparison),
            paper=on_paper(paper) if isinstance(paper, Paper) else None,
            variants=of_values(paper) if isinstance(paper, Variants) else None,
            machines=machines(comparison),
            methods=methods(comparison),
            plans=plans(comparison),
            rounds=tuple(round_lines(comparison)),
            troubled=tuple(line for line in round_lines(comparison) if line.troubles),
            paths=path_lines(comparison),
            picture=drawing,
            differing=tuple(
                column.name
                for run, column in zip(comparison.runs, comparison.columns, strict=True)
                if run.subject.sources != subject.sources
            ),
            data=embedded(comparison.runs, comparison.columns),
            samples=file_name(f"{subject.name}-samples"),
        )
    )


def _blocks(lines: tuple[Line, ...]) -> tuple[Block, ...]:
    return tuple(Block(head, tuple(members)) for head, members in groupby(lines, key=lambda line: line.head))


def _shown(value: object) -> object:
    """Text of a lab or of a run's file with control, invisible and direction characters replaced by visible signs; line
    ends stay."""
    return "\n".join(map(visible, value.split("\n"))) if type(value) is str else value


def _quoted(text: str) -> Markup:
    """Text with words between backticks as `<code>`; everything escaped, control characters visible."""
    pieces = str(_shown(text)).split("`")
    if len(pieces) % 2 == 0:
        return escape("`".join(pieces))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece for number, piece in enumerate(pieces)
    )


def _runs(comparison: Comparison) -> tuple[Named, ...]:
    return tuple(
        Named(number, column, style(number), number % 6, run.target, f"{run.done} of {run.wanted} rounds")
        for number, (run, column) in enumerate(zip(comparison.runs, comparison.columns, strict=True))
    )


def check_plots() -> None:
    """Raises ReportError if matplotlib is not installed."""
    try:
        from netdsl.report import canvas  # noqa: F401 - loads matplotlib: an extra, and slow to load
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        raise ReportError(
            "matplotlib is not installed, which draws the plots of a page",
            remedy=f"{shlex.quote(sys.executable)} -m pip install matplotlib",
        ) from error


def _drawn(plots: tuple[Drawn, ...]) -> tuple[tuple[Drawn, str], ...]:
    check_plots()
    from netdsl.report import canvas
    from netdsl.report import plots as pens

    def pen(plot: Plot) -> str:
        match plot:
            case Bars():
                return pens.bars(plot)
            case Ranges():
                return pens.ranges(plot)
            case Curves():
                return pens.curves(plot)
            case Sizes():
                return pens.sizes(plot)

    with canvas.drawing():
        return tuple((drawing, pen(drawing.plot)) for drawing in plots)


def _policy(sheet: str, script: str) -> str:
    """The Content-Security-Policy: nothing is loaded; the style sheet and the script are allowed by their hashes."""
    return (
        f"default-src 'none'; style-src {_hash(sheet)}; script-src {_hash(script)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _template(name: str) -> str:
    return shipped_text("netdsl.report", "templates", name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("netdsl.report"),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = _quoted
    return environment
