"""Whole files of other tools, known by how they begin: one finding for all of it."""

import re

from netdsl.dataclass import dataclass
from netdsl.diagnostics.catalogue import FOREIGN_FILE
from netdsl.diagnostics.core import Diagnostics
from netdsl.source import Place, SourceFile, Span

_FIRST_LINE = re.compile(r"(?:[ \t]*(?:#(?!!)[^\n]*)?\r?\n)*[ \t]*([^\n\r]{1,200})")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of files: what their first line, blank lines and comments aside, begins with. `tools`: what a later line
    begins with, and whose file it is then."""

    name: str
    begins: re.Pattern[str]
    tools: tuple[tuple[str, str], ...] = ()


FORMS = (
    Form(
        "YAML",
        re.compile(r"---\s*$|[\"']?[A-Za-z_][\w.-]*[\"']?:(?:\s|$)|- \S"),
        (
            ("services:", "Docker Compose"),
            ("topology:", "containerlab"),
            ("apiVersion:", "Kubernetes"),
            ("links:", "netlab"),
            ("nodes:", "netlab"),
            ("network:", "netplan"),
        ),
    ),
    Form("JSON", re.compile(r"\{\s*(?:\"|$)|\[\s*(?:[\"{\[]|$)")),
    Form("Ruby", re.compile(r"Vagrant\.configure\b"), (("Vagrant.configure", "Vagrant"),)),
    Form(
        "Python",
        re.compile(r"(?:from [\w.]+ import\b|import [A-Za-z_][\w.]*\s*$|#!.*\bpython)"),
        (("from mininet", "Mininet"),),
    ),
    Form("a shell script", re.compile(r"#!.*\b(?:ba|da|z)?sh\b|set -[eux]+")),
    Form("a configuration of a router", re.compile(r"!\s*$|(?:hostname|version|frr version|service) [\w.-]+\s*$")),
    Form("a Dockerfile", re.compile(r"FROM [\w./:-]+")),
    Form("XML", re.compile(r"<[?!A-Za-z]")),
)
"""No lab begins as one of them: a statement of the language has no colon, no quote and no sign at its beginning."""

_HELP = "a lab has lines like `network NAME PREFIX` and `host NAME { interface on NETWORK }`; `netdsl init` writes one"


def is_foreign(source: SourceFile, text: str, diagnostics: Diagnostics) -> bool:
    """Reports foreign-file."""
    found = _FIRST_LINE.match(text)
    form = next((form for form in FORMS if found and form.begins.match(found[1])), None)
    if found is None or form is None:
        return False
    tool = next((tool for begin, tool in form.tools if re.search(rf"^{re.escape(begin)}", text, re.MULTILINE)), "")
    what = f"{form.name} of {tool}" if tool else form.name
    span = Span(source, found.start(1), found.start(1) + len(found[1].rstrip()))
    diagnostics.report(FOREIGN_FILE, f"this file is {what}, and no lab", Place(span), help=_HELP)
    return True
