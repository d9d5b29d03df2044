"""What is in a node besides its networking: files, environment, sysctls, limits, its image."""

import posixpath
import re
from decimal import Decimal

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import ImageId
from netdsl.ir.image import Image
from netdsl.ir.lab import TargetSetting
from netdsl.ir.node import NodeFile, Resources
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.placement import Block, report_repeated, sort_block
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.texts import text_of
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

RESERVED_PATHS = ("/netdsl", "/run/netdsl", "/proc", "/sys", "/dev")
RESERVED_FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
LONGEST_PATH = 4096
"""PATH_MAX, linux/limits.h."""
LEAST_MEMORY = 6 * 2**20
"""What the Docker Engine refuses to go below: its daemon/container_operations, linuxMinMemory."""
MOST_CPUS = 4096
MOST_FILE_BYTES = 128 * 2**20
"""What `file` puts into all nodes, which is written to disk for each of them."""
PLATFORMS = ("linux/amd64", "linux/arm64")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+.]", re.ASCII)
"""Debian policy, section 5.6.1; none ends with `-`, which would have apt-get(8) remove the package."""


def files(node: NodeDraft, work: Work) -> tuple[tuple[NodeFile, Place], ...]:
    """`file PATH from "…"`, with the bytes that were read; a file that could not be read was reported."""
    found: list[tuple[NodeFile, Place]] = []
    for statement, item in node.block.of(syntax.File):
        path = _path(statement, item, work)
        origin = attributes.placed(statement.origin, item, work.diagnostics)
        if path is None or origin is None:
            continue
        if not isinstance(origin.value, str):
            work.wrong_kind(origin, "a file's name (a string)")
            continue
        content = work.lab.files.get((statement.span.source.name, origin.value))
        if content is not None and _is_room_for(content, item.place, work):
            found.append((NodeFile(path, content), item.place))
    return tuple(found)


def _is_room_for(content: bytes, place: Place, work: Work) -> bool:
    """Whether the lab may have this file once more; where not, that is reported once."""
    before = work.file_bytes
    work.file_bytes += len(content)
    if before <= MOST_FILE_BYTES < work.file_bytes:
        message = f"the files of all nodes are more than {MOST_FILE_BYTES >> 20} MiB, each use counted"
        advice = "an `image` holds what many nodes have"
        work.diagnostics.report(catalogue.LOOP_LIMIT, message, place, help=advice)
    return work.file_bytes <= MOST_FILE_BYTES


def runs(block: Block, work: Work) -> tuple[tuple[str, Place], ...]:
    """The commands, as written: the payload passes them on whole."""
    found: list[tuple[str, Place]] = []
    for statement, item in block.of(syntax.Run):
        placed = attributes.placed(statement.command, item, work.diagnostics)
        command = None if placed is None else attributes.text(placed, work.diagnostics)
        if command is None or placed is None:
            continue
        if any(character in command for character in "\n\r\0") or not command.strip():
            work.diagnostics.report(
                catalogue.BAD_LITERAL, "a command is one line of text, and not empty", placed.place,
                help='for more, a script: `file /opt/start from "start.sh"`, `run "sh /opt/start"`',
            )  # fmt: skip
            continue
        found.append((command, placed.place))
    return tuple(found)


def environment(node: NodeDraft, work: Work) -> tuple[tuple[str, str], ...]:
    found: dict[str, tuple[str, Item]] = {}
    for statement, item in node.block.of(syntax.Assignment):
        if statement.word != "env":
            continue
        key, value = _pair(statement, item, work)
        if key is None or value is None:
            continue
        name = text_of(key.value)
        if not _VARIABLE.fullmatch(name) or name.upper().startswith("NETDSL_"):
            message = f"no environment variable can be called `{name}`"
            advice = "letters, digits and `_`, the first no digit; `NETDSL_…` is kept for the inside of nodes"
            work.diagnostics.report(catalogue.INVALID_ENVIRONMENT, message, key.place, help=advice)
        elif any(character in text_of(value.value) for character in "\n\r\0"):
            message = f"the value of `{name}` is more than a line"
            work.diagnostics.report(catalogue.INVALID_ENVIRONMENT, message, value.place)
        else:
            _set(found, f"env {name}", name, text_of(value.value), item, work)
    return tuple((name, value) for name, (value, _) in found.items())


def resources(node: NodeDraft, work: Work) -> Resources:
    return Resources(_cpus(node.block, work), _memory(node.block, work))


def image_of(node: NodeDraft, work: Work) -> ImageId | None:
    """`image NAME` in a node: an attribute there; with a block it declares one, which nodes cannot."""
    for _, item in node.block.of(syntax.Image):
        message = "an image is declared outside of the node, which then names it"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, item.place, help="`image NAME` alone")
    lines = node.block.attributes("image")
    if len(lines) > 1:
        report_repeated("image", lines[1][1], lines[0][1], work.diagnostics)
    placed = attributes.only_value(lines[0] if lines else None, work.diagnostics)
    element = None if placed is None else work.element(placed, (ElementKind.IMAGE,), "an image's name")
    return None if element is None else ImageId(element.path)


def images(lines: Block, work: Work) -> dict[ImageId, Image]:
    """`image NAME { … }` of the lab itself."""
    for _, item in lines.attributes("image"):
        message = "an image outside of nodes is declared by its block"
        work.diagnostics.report(catalogue.MISSING_STATEMENT, message, item.place, help="`image NAME { packages … }`")
    found: dict[ImageId, Image] = {}
    for _, item in lines.of(syntax.Image):
        id_ = ImageId(item.scope.qualified(item.name))
        block = sort_block(item.children, "image", work.diagnostics)
        steps = tuple(command for command, _ in runs(block, work))
        found[id_] = Image(id_, _packages(block, work), _platforms(block, work), steps, item.place)
    return found


def settings(items: list[tuple[syntax.Target, Item]], work: Work) -> tuple[TargetSetting, ...]:
    """`target NAME { key = value }`; which keys there are is for the target to say."""
    found: dict[tuple[str, str], tuple[str, Item]] = {}
    for statement, item in items:
        target = attributes.placed(statement.name, item, work.diagnostics)
        block = sort_block(item.children, "target", work.diagnostics)
        if target is None:
            continue
        for assignment, line in block.of(syntax.Assignment):
            key, value = _pair(assignment, line, work)
            if key is None or value is None:
                continue
            if isinstance(value.value, tuple):
                work.wrong_kind(value, "one value")
                continue
            name = text_of(key.value)
            pair = (text_of(target.value), name)
            first = found.get(pair)
            if first is not None and first[0] != text_of(value.value):
                report_repeated(name, line, first[1], work.diagnostics)
            found.setdefault(pair, (text_of(value.value), line))
    return tuple(TargetSetting(target, key, value, line.place) for (target, key), (value, line) in found.items())


def _path(statement: syntax.File, item: Item, work: Work) -> str | None:
    placed = attributes.placed(statement.path, item, work.diagnostics)
    if placed is None:
        return None
    path = text_of(placed.value) if isinstance(placed.value, Word | str) else ""
    problem = path_problem(path)
    if problem is None:
        return path
    message = f"`{path}` is no place for a file" if path.isprintable() and path else "that is no place for a file"
    work.diagnostics.report(catalogue.INVALID_FILE_PATH, message, placed.place, problem)
    return None


def path_problem(path: str) -> str | None:
    """What is wrong with a file's path in a node, None if nothing."""
    if not path.startswith("/") or path.startswith("//"):
        return "a path begins with one `/`"
    if not path.isprintable():
        return "it holds a character that cannot be printed"
    if path != posixpath.normpath(path) or path == "/" or len(path.encode()) > LONGEST_PATH:
        return "it has empty parts, `.` or `..`, or no file's name"
    if path in RESERVED_FILES:
        return "netdsl writes that file itself"
    if any(path == reserved or path.startswith(reserved + "/") for reserved in RESERVED_PATHS):
        return "that folder is the system's or netdsl's own"
    return None


def _pair(statement: syntax.Assignment, item: Item, work: Work) -> tuple[Placed[Value] | None, Placed[Value] | None]:
    key = attributes.placed(statement.key, item, work.diagnostics)
    value = attributes.placed(statement.value, item, work.diagnostics)
    return key, value


def _set(found: dict[str, tuple[str, Item]], what: str, key: str, value: str, item: Item, work: Work) -> None:
    first = found.get(key)
    if first is not None and first[0] != value:
        report_repeated(what, item, first[1], work.diagnostics)
    found.setdefault(key, (value, item))


def _cpus(block: Block, work: Work) -> float | None:
    value = attributes.only_value(block.attribute("cpu"), work.diagnostics)
    count = None if value is None else attributes.number(value, work.diagnostics)
    if count is None or value is None:
        return None
    if Decimal("0.01") <= count <= MOST_CPUS:
        return float(count)
    message = f"no node can have {count} processors"
    work.diagnostics.report(catalogue.INVALID_RESOURCE, message, value.place, help="from 0.01, as in `cpu 0.5`")
    return None


def _memory(block: Block, work: Work) -> int | None:
    value = attributes.only_value(block.attribute("memory"), work.diagnostics)
    size = None if value is None else attributes.scaled(value, attributes.BYTES, "a size (`64MiB`)", work.diagnostics)
    if size is None or value is None:
        return None
    if LEAST_MEMORY <= size < 2**63:
        return size
    message = f"no node can have {text_of(value.value)} of memory"
    work.diagnostics.report(catalogue.INVALID_RESOURCE, message, value.place, help="at least `6MiB`")
    return None


def _packages(block: Block, work: Work) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for statement, item in block.attributes("packages"):
        for placed in evaluate_list(statement.values, item, work.diagnostics):
            name = placed.value.text if isinstance(placed.value, Word) else placed.value
            if not isinstance(name, str):
                work.wrong_kind(placed, "a package's name")
            elif not _PACKAGE.fullmatch(name):
                message = f"no package of Debian can be called `{name}`" if name.isprintable() else "no package's name"
                advice = "lower-case letters, digits, `+`, `-` and `.`; no `-` at the end"
                work.diagnostics.report(catalogue.INVALID_PACKAGE, message, placed.place, help=advice)
            else:
                found.setdefault(name)
    return tuple(found)


def _platforms(block: Block, work: Work) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for statement, item in block.attributes("platforms"):
        for placed in evaluate_list(statement.values, item, work.diagnostics):
            name = text_of(placed.value)
            name = name if name.startswith("linux/") else f"linux/{name}"
            if name in PLATFORMS:
                found.setdefault(name)
                continue
            message = f"no image can be built for `{text_of(placed.value)}`"
            work.diagnostics.report(catalogue.UNKNOWN_SETTING, message, placed.place, help="`amd64` or `arm64`")
    return tuple(found)
