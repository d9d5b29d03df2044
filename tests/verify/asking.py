"""Short ways to ask the verifier about a lab's text."""

from ipaddress import ip_address

from netdsl.ir.ids import NodeId
from netdsl.ir.service import WITH_PORTS, PortService, port
from netdsl.pipeline.analysis import Checked, check_text
from netdsl.verify import Esp, Verdict, World, matrix, predict
from tests.compiling import lab_of

lab = lab_of


def checked(text: str) -> Checked:
    return check_text(text.encode())


def world(text: str, esp: Esp = Esp.KERNEL) -> World:
    return World(lab(text), esp)


def ask(asked: World | str, source: str, destination: str, service: str | None = None, *, size: int = 84) -> Verdict:
    """`service` as `tcp/80`; None: a ping."""
    where = world(asked) if isinstance(asked, str) else asked
    return predict(where, NodeId(source), ip_address(destination), _service(service), size=size)


def _service(text: str | None) -> PortService | None:
    if text is None:
        return None
    protocol, _, number = text.partition("/")
    return port(WITH_PORTS[protocol], int(number))


def count_same(asked: World, service: PortService | None = None) -> int:
    """How many cells the matrix has, each of which says what its flow followed by itself does."""
    cells = list(matrix(asked, service))
    for cell in cells:
        verdict = predict(asked, cell.source, cell.address, service)
        alone = (verdict.outcome, verdict.is_encrypted, verdict.is_exact, verdict.reason)
        assert (cell.outcome, cell.is_encrypted, cell.is_exact, cell.reason) == alone, cell
    return len(cells)


def way(verdict: Verdict) -> list[str]:
    """The nodes of the request."""
    return [str(hop.node) for hop in verdict.request]


def codes(text: str) -> list[str]:
    return [each.rule.code for each in checked(text).diagnostics]
