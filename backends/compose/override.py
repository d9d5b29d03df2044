"""Moving a user's edits of compose.yaml to compose.override.yaml, with their comments (ruamel.yaml keeps them).

The file as it was written is read by PyYAML (CSafeLoader): its comments are not needed.

Compose merges the two files. Added and changed values are written as they are, removed ones as `!reset null`, lists
with other changes than appended members as `!override [...]` (both since Compose 2.24).
"""

from collections.abc import Mapping
from io import StringIO

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tag import Tag

from netdsl.codegen.contract import CannotAdopt

_NAME = "compose.override.yaml"
_DEEPEST = 50  # blocks in one another; netdsl writes eight
_OF_RUAMEL = (ValueError, TypeError, LookupError, AttributeError, AssertionError, NotImplementedError, RecursionError)
"""What ruamel.yaml raises beside its own errors, as for a map that is a key."""

_TITLE = "Changes to compose.yaml, which netdsl writes anew at every compile. This file is yours."


def adopt(edited: bytes, written: bytes, override: bytes | None) -> bytes:
    """The new text of the override file. Raises CannotAdopt if a file is no YAML map."""
    try:
        return _adopted(edited, written, override)
    except _OF_RUAMEL as error:
        raise CannotAdopt(f"it cannot be compared as YAML ({type(error).__name__})") from error


def _adopted(edited: bytes, written: bytes, override: bytes | None) -> bytes:
    for raw, name in ((edited, "compose.yaml"), (written, "the compose.yaml that was written"), (override, _NAME)):
        _refuse_depth(raw or b"", name)
    new, old = _load(edited, "compose.yaml"), _data(written)
    target = _load(override, _NAME) if override else CommentedMap()
    lines = edited.decode(errors="replace").splitlines()
    carried: set[int] = set()
    changes = _difference(new, old, lines, carried)
    _merge(target, changes)
    before = [line.strip() for line in written.decode(errors="replace").splitlines()]
    loose = [
        line.strip()
        for number, line in enumerate(lines)
        if line.strip().startswith("#") and line.strip() not in before and number not in carried
    ]
    head = [] if override else [f"# {_TITLE}"]
    return "".join(f"{line}\n" for line in (*head, *loose)).encode() + _dump(target)


def _refuse_depth(raw: bytes, name: str) -> None:
    """Raises CannotAdopt: the readers call themselves for each block in another, until the stack ends."""
    depth = 0
    try:
        for event in yaml.parse(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _DEEPEST:
                    raise CannotAdopt(f"{name} has more than {_DEEPEST} blocks in one another")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotAdopt(f"{name} is no YAML: {str(error).splitlines()[0]}") from error


def _yaml() -> YAML:
    rounds = YAML()
    rounds.preserve_quotes = True
    rounds.width = 4096
    return rounds


def _data(raw: bytes) -> Mapping[object, object]:
    """The file that netdsl wrote."""
    try:
        data: object = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotAdopt(f"the compose.yaml that was written is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(data, dict):
        raise CannotAdopt("the compose.yaml that was written is no YAML map")
    return data


def _load(raw: bytes, name: str) -> CommentedMap:
    try:
        data = _yaml().load(raw.decode())
    except (YAMLError, UnicodeDecodeError) as error:
        raise CannotAdopt(f"{name} is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(data, CommentedMap):
        raise CannotAdopt(f"{name} is no YAML map")
    return data


def _dump(data: CommentedMap) -> bytes:
    if not data:
        return b""
    out = StringIO()
    _yaml().dump(data, out)
    return out.getvalue().encode()


def _difference(new: CommentedMap, old: Mapping[object, object], lines: list[str], carried: set[int]) -> CommentedMap:
    """The override that turns `old` into `new`. Merged keys (`<<`) count as the map's own."""
    found = CommentedMap()
    for key in new:
        value, before = new[key], old.get(key)
        if isinstance(value, CommentedMap) and isinstance(before, dict):
            inner = _difference(value, before, lines, carried)
            if inner and not str(key).startswith("x-"):
                found[key] = inner
        elif key not in old or before != value:
            found[key] = _changed(value, before)
            _carry_comments(new, key, found, lines, carried)
    for key in old:
        if key not in new:
            found[key] = TaggedScalar("null", tag=Tag(suffix="!reset"))
    return found


def _changed(value: object, before: object) -> object:
    """The changed value: of a list with appended members only these, any other changed list as a whole."""
    if isinstance(value, CommentedSeq) and isinstance(before, list):
        if list(value[: len(before)]) == before:
            return CommentedSeq(value[len(before) :])
        whole = CommentedSeq(value)
        whole.yaml_set_ctag(Tag(suffix="!override"))
        return whole
    return value


def _carry_comments(
    source: CommentedMap, key: object, target: CommentedMap, lines: list[str], carried: set[int]
) -> None:
    """Copy the comment lines directly above a key and the comment behind it."""
    try:
        line = source.lc.key(key)[0]
    except (KeyError, TypeError):
        return  # a merged key has no line in this map
    above = line - 1
    while above >= 0 and lines[above].strip().startswith("#"):
        above -= 1
    texts = [text.strip().removeprefix("#").strip() for text in lines[above + 1 : line]]
    carried.update(range(above + 1, line))
    if texts:
        target.yaml_set_comment_before_after_key(key, before="\n".join(texts))
    _, mark, behind = lines[line].partition(" #")
    if mark and behind.strip():
        target.yaml_add_eol_comment(behind.strip(), key)


def _merge(target: CommentedMap, changes: CommentedMap) -> None:
    for key, value in changes.items():
        if isinstance(value, CommentedMap) and isinstance(target.get(key), CommentedMap):
            _merge(target[key], value)
            continue
        target[key] = value
        if key in changes.ca.items:
            target.ca.items[key] = changes.ca.items[key]
