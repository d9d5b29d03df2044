"""What a lab expects and only one kind of ESP makes hold, each by its name."""

from collections.abc import Iterator
from typing import assert_never

from netdsl.cli.console import columns, note
from netdsl.cli.layout import fitting, hanging, place_text
from netdsl.ir.dump import Json
from netdsl.packets.types import Esp
from netdsl.verify.sentences import block_text, claim_text
from netdsl.verify.types import Dependence, Summary


def dependence_lines(summary: Summary, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, a paragraph for each expectation."""
    for one in summary.depending:
        place = one.expectation.origin if one.line is None else one.line.origin
        text = f"`{_text(one)}` holds with {_words(one.esp)} alone; else: {one.reason}"
        yield from hanging(f"  {place_text(place).strip(' ()')} ", text, fitting(width))


def note_dependences(summary: Summary) -> None:
    for line in dependence_lines(summary, columns()):
        note(line)


def dependences_json(summary: Summary) -> list[Json]:
    return [{"text": _text(one), "esp": one.esp.value, "reason": one.reason} for one in summary.depending]


def _text(one: Dependence) -> str:
    return block_text(one.expectation) if one.line is None else claim_text(one.line.claim)


def _words(esp: Esp) -> str:
    match esp:
        case Esp.KERNEL:
            return "the kernel's ESP"
        case Esp.USER:
            return "ESP in user space"
        case _:
            assert_never(esp)
