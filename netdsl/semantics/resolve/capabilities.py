"""`capability NAME, …`: rights of a node's own processes."""

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.capability import INSIDE, OUTSIDE
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.resolve.work import NodeDraft, Work
from netdsl.semantics.texts import text_of


def capabilities(node: NodeDraft, work: Work) -> tuple[str, ...]:
    """Sorted, each once."""
    found: set[str] = set()
    for statement, item in node.block.attributes("capability"):
        for placed in evaluate_list(statement.values, item, work.diagnostics):
            name = text_of(placed.value)
            if name in INSIDE:
                found.add(name)
                continue
            message, advice = _problem(name)
            work.diagnostics.report(catalogue.INVALID_CAPABILITY, message, placed.place, help=advice)
    return tuple(sorted(found))


def _problem(name: str) -> tuple[str, str]:
    """What is wrong with a name, and help."""
    own = name.upper().removeprefix("CAP_")
    all_of_them = f"a node can have {', '.join(INSIDE)}"
    if own in OUTSIDE:
        return f"`{name}` reaches out of the node", all_of_them
    if own in INSIDE:
        return f"no capability is called `{name}`", f"it is `{own}` here"
    return f"no capability is called `{name}`", did_you_mean(own, INSIDE) or all_of_them
