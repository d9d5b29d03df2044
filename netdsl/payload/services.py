"""What a node runs and holds: `run/`, `files.tsv`, `env`, `resolv.conf`."""

import hashlib
from collections.abc import Iterator

from netdsl.ir.node import Node
from netdsl.payload.contract import RESOLVERS, PayloadFile
from netdsl.payload.quoting import line, tsv


def service_files(node: Node) -> tuple[PayloadFile, ...]:
    """The files that `services.sh` and `node.sh` read; those that would be empty are left out."""
    return (
        *_runs(node),
        *_files(node),
        *_lines("env", (f"{name}={value}" for name, value in node.environment)),
        *_lines(RESOLVERS, _resolver(node)),
    )


def _runs(node: Node) -> Iterator[PayloadFile]:
    for number, command in enumerate(node.runs, start=1):
        # the author's own shell line, handed to a shell as one argument: nothing is spliced into it
        yield PayloadFile(f"run/{number}", "".join(line(word) for word in ("sh", "-c", command)).encode())


def _files(node: Node) -> Iterator[PayloadFile]:
    records = []
    for number, file in enumerate(node.files, start=1):
        yield PayloadFile(f"files/{number}", file.content)
        records.append(tsv(number, f"{file.mode:04o}", file.path, hashlib.sha256(file.content).hexdigest()))
    if records:
        yield PayloadFile("files.tsv", "".join(records).encode())


def _resolver(node: Node) -> Iterator[str]:
    if node.resolvers and node.search_domains:
        yield f"search {' '.join(node.search_domains)}"
    yield from (f"nameserver {address}" for address in node.resolvers)


def _lines(name: str, texts: Iterator[str]) -> Iterator[PayloadFile]:
    content = "".join(line(text) for text in texts)
    if content:
        yield PayloadFile(name, content.encode())
