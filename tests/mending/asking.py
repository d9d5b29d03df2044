"""A lab's findings with near misses, and the lab after a fix."""

from netdsl.diagnostics.core import Diagnostic
from netdsl.diagnostics.fix import Fix, edited
from netdsl.pipeline.analysis import Checked, check_text
from netdsl.pipeline.mending import with_near_misses

WAY = "; the request's way: "


def checked(text: str) -> Checked:
    return with_near_misses(check_text(text.encode()), {})


def failing(text: str) -> list[Diagnostic]:
    """The findings of what does not hold."""
    return [found for found in checked(text).diagnostics if found.rule.code == "expectation-fails"]


def help_of(found: Diagnostic) -> str:
    """Without the request's way."""
    return (found.help or "").partition(WAY)[0]


def after(fix: Fix) -> str:
    """The one file of a fix, with it."""
    (source,) = fix.files
    return edited(source, fix.edits)


def holds(text: str) -> bool:
    """Whether a lab has no error, and all that it expects holds."""
    found = check_text(text.encode())
    return not found.diagnostics.has_errors and found.summary is not None and not found.summary.failed
