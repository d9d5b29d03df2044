"""What drivers say of nodes that run and are to be others: before a change, and after it."""

from collections.abc import Mapping

from netdsl.payload.changing import Verdict
from netdsl.runtime.driver import Answer, DriverError, NodeChange, Progress

FINAL = 3
"""The script's status where only a start can give what is wanted, and of `ready` where it never will be."""


def foretold(verdicts: Mapping[str, Verdict]) -> tuple[NodeChange, ...]:
    """As `Driver.changes`, by the nodes' names."""
    return tuple(
        NodeChange(name, bool(verdict.inside), ", ".join(verdict.inside) or verdict.anew)
        for name, verdict in verdicts.items()
        if not verdict.is_same
    )


def told(answers: Mapping[str, Answer], verdicts: Mapping[str, Verdict], progress: Progress) -> tuple[str, ...]:
    """Of nodes whose script was asked for a change: says how each ended. Those that only a start can change. Raises
    DriverError where one could not be changed."""
    anew, failed = [], []
    for name, answer in sorted(answers.items()):
        reason = " ".join(answer.output.split()) or answer.errors.strip()
        if answer.status == 0:
            progress(f"{name}: changed as it runs: {', '.join(verdicts[name].inside)}")
        elif answer.status == FINAL:
            progress(f"{name}: is made anew: {reason}")
            anew.append(name)
        else:
            failed.append(f"{name}: {reason}")
    if failed:
        raise DriverError(
            f"{len(failed)} of {len(answers)} nodes could not be changed, and run as before",
            command="node.sh change",
            tail="\n".join(failed),
        )
    return tuple(anew)
