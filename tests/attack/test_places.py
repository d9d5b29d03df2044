"""Every text at every place: a diagnostic, or the text itself, whole, in every file that it goes into."""

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from netdsl.credentials import authority
from tests import outputs
from tests.attack.places import SPOTS, said
from tests.attack.texts import TEXTS
from tests.compiling import Outcome, compiled_text

pytestmark = pytest.mark.slow

_OURS = re.compile(r"\$\{NETDSL_(?:PARENT_[A-Z0-9_]+:-|CREDENTIALS:-\.\./credentials)\}")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\t": "\\t"}


@pytest.fixture(autouse=True, scope="module")
def _keys_made_once() -> None:
    for name, make in list(authority._KEYS.items()):
        authority._KEYS[name] = cache(make)


def written(text: str) -> str:
    """The text as a string of the language."""
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


WAYS = ("written", "given", "bare")
"""In the source; by `-D` as a string; by `-D` as whatever literal the text happens to be."""


def tried(spot: str, way: str, text: str, folder: Path, target: str) -> tuple[Outcome, Path]:
    store = folder / f"{len(list(folder.iterdir()))}"
    quoted = written(text) if way == "written" else '"$s"'
    source = SPOTS[spot].source(quoted, "ok" if way == "bare" else '"ok"')
    parameters = {} if way == "written" else {"s": text}
    return compiled_text(source, store, parameters, {"data": b"\0\xff${x}\n"}, target=target), store


@pytest.mark.parametrize(
    ("spot", "way"), [(name, way) for name, spot in SPOTS.items() for way in WAYS if spot.is_bare == (way == "bare")]
)
def test_a_text_is_refused_or_arrives_whole(spot: str, way: str, tmp_path: Path) -> None:
    texts = [text for text in TEXTS if not text.isprintable() or '"' in text] if way == "given" else TEXTS
    wrong = [
        problem
        for text in texts
        for target in SPOTS[spot].targets
        if (problem := trouble(spot, way, text, tmp_path, target))
    ]
    assert not wrong, "\n".join(wrong)


def trouble(spot: str, way: str, text: str, folder: Path, target: str) -> str | None:
    """What is wrong with how a text was treated, None if nothing."""
    try:
        outcome, store = tried(spot, way, text, folder, target)
        if outcome.files is None:
            assert outcome.errors
            assert_shown(outcome, text)
            return None
        assert_sound(outcome, text)
        witness = SPOTS[spot].witness
        seen = list(witness(outcome.files, store)) if witness is not None else [text]
        assert any(one in said(spot, text) for one in seen), f"became {seen!r}"
    except Exception as error:
        return f"{target}: {text!r}: {type(error).__name__}: {error}"
    return None


def assert_shown(outcome: Outcome, text: str) -> None:
    """Messages show what is wrong without what a terminal obeys."""
    shown = outcome.rendered()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown), repr(shown)


def assert_sound(outcome: Outcome, text: str) -> None:
    """All files can be read, the Vagrantfile by a grammar with no place for anything else; YAML means the same to two
    libraries; nothing is left for Compose to put in."""
    assert outcome.files is not None
    try:
        outputs.read_all(outcome.files)
    except Exception as error:
        raise AssertionError(f"{text!r}: {error}") from error
    if "compose.yaml" not in outcome.files:
        return
    content = re.sub(rb"[0-9a-f]{64}", b"hash", outcome.files["compose.yaml"])
    for one in strings(outputs.compose(content)):
        assert "$" not in _OURS.sub("", one).replace("$$", ""), one
    assert _by_ruamel(content) == outputs.compose(content)


@cache
def _by_ruamel(content: bytes) -> object:
    return YAML(typ="safe", pure=True).load(io.BytesIO(content))


def strings(data: object) -> Iterator[str]:
    """All keys and values of a document."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)


HARMLESS: dict[str, str | None] = {
    "ocsp": "a",
    "revoke": "b",
    "file path": "/etc/x", "file name": "data", "subject": "C=FI, CN=x", "sysctl value": "64", "sysctl splice": "64",
    "pool": "240.0.0.0/8", "identity": "b.example", "algorithm": "ed25519", "validity": "30d",
    "ike": "aes128-sha256-ecp256",
    "esp": "aes128-sha256", "dpd": "clear", "sysctl name": None, "platform": "amd64", "service kind": "http",
    "address splice": "7", "prefix": "10.9.0.0/24", "mac": "02:00:5e:10:00:01", "route": "gw", "driver": "bridge",
    "memory": "64MiB", "capability": "NET_RAW", "resolver": None, "expected": "a", "dnat": "80", "limit": "9/s",
    "psk": "0123456789abcdefgh", "secret": "0123456789abcdefgh", "eap secret": "0123456789abcdefgh",
    "provider": "libvirt", "accelerator": "tcg", "pool of machines": "10.64.0.0/16",
    # places where no text is right
    "value": None, "import": None, "address": None, "setting": None,
    "setting of machines": None, "image of a setting": None, "box": None, "box of an image": None,
}  # fmt: skip


@pytest.mark.parametrize("spot", SPOTS)
def test_a_harmless_text_shows_that_the_place_is_one(spot: str, tmp_path: Path) -> None:
    """The control: with the right text most places compile, so that a refusal above is the text's."""
    text = HARMLESS.get(spot, "ok")
    if text is None:
        return
    way = "bare" if SPOTS[spot].is_bare else "written"
    for target in SPOTS[spot].targets:
        outcome, _ = tried(spot, way, text, tmp_path, target)
        assert outcome.files is not None, outcome.rendered()
        assert_sound(outcome, text)
