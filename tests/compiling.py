"""Short ways for the tests of the whole: a lab compiled in memory, all files of its target, all that was found."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from netdsl.codegen.contract import Layout, Options
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.render_json import render_json
from netdsl.diagnostics.render_sarif import render_sarif
from netdsl.diagnostics.render_text import render_text
from netdsl.ir.lab import Lab
from netdsl.pipeline.analysis import Checked, analyze, check, check_text
from netdsl.pipeline.compilation import compile_bindings
from netdsl.semantics.files import MemoryReader
from netdsl.semantics.load import load

EXAMPLES = Path(__file__).parents[1] / "examples"
LABS = sorted(EXAMPLES.glob("*/lab.net"))
TESTS = Path(__file__).parent
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def all_tunnels() -> str:
    """A lab with tunnels of all kinds without keys, alone and in one another: `labs/tunnels.net`, and what each kind brings
    of its own, `kinds/KIND/live.net` (nodes on the network `isp`, and what is expected of them)."""
    pieces = (TESTS / "labs/tunnels.net", *sorted(TESTS.glob("kinds/*/live.net")))
    return "\n".join(piece.read_text() for piece in pieces)


def lab_of(text: str) -> Lab:
    """The lab of a text without errors."""
    checked = check_text(text.encode())
    assert checked.lab is not None, [found.message for found in checked.diagnostics]
    return checked.lab


@dataclass(frozen=True, slots=True)
class Outcome:
    """`files` is None where there is no output. `is_read`: whether the parser had nothing to say."""

    diagnostics: Diagnostics
    files: Mapping[str, bytes] | None
    is_read: bool

    @property
    def codes(self) -> list[str]:
        return [found.rule.code for found in self.diagnostics]

    @property
    def errors(self) -> list[str]:
        return [found.rule.code for found in self.diagnostics if found.is_error]

    def text(self, path: str) -> str:
        assert self.files is not None, self.rendered()
        return self.files[path].decode()

    def rendered(self) -> str:
        """All findings, as the terminal shows them."""
        return render_text(self.diagnostics, width=100)


def compiled_text(
    text: str,
    store: Path,
    parameters: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
    options: Options | None = None,
    target: str = "compose",
) -> Outcome:
    """A lab's text, beside other files, through the whole of `compile`; the findings in all three forms on the way."""
    diagnostics = Diagnostics()
    reader = MemoryReader({"lab.net": text.encode(errors="surrogatepass"), **(files or {})})
    sources = load("lab.net", reader, diagnostics)
    is_read = not diagnostics.has_errors
    return _outcome(analyze(sources, parameters or {}, diagnostics), store, options or Options(), target, is_read)


def compiled_file(
    path: Path,
    store: Path,
    parameters: Mapping[str, str] | None = None,
    options: Options | None = None,
    target: str = "compose",
) -> Outcome:
    """A lab on disk."""
    return _outcome(check(path, parameters), store, options or Options(), target, is_read=True)


def _outcome(checked: Checked, store: Path, options: Options, target: str, is_read: bool) -> Outcome:
    result = None
    if checked.bindings is not None:
        result = compile_bindings(
            checked.bindings,
            target,
            options,
            Layout(),
            store,
            checked.diagnostics,
            clock=lambda: NOON,
            entropy=secrets.token_bytes,
        )
    for render in (render_text, render_json):
        assert render(checked.diagnostics) or not len(checked.diagnostics)
    render_sarif(checked.diagnostics, version="0")
    if result is None:
        assert checked.diagnostics.has_errors, "no output and no error"
        assert not store.exists(), "credentials were made for a lab with an error"
        return Outcome(checked.diagnostics, None, is_read)
    assert not checked.diagnostics.has_errors, "an output and an error"
    files = {artifact.path: artifact.content for artifact in result.emission.artifacts}
    assert len(files) == len(result.emission.artifacts), "a path twice"
    return Outcome(checked.diagnostics, files, is_read)
