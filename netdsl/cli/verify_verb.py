"""`netdsl verify`."""

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.console import columns, note, say, show_findings, write
from netdsl.cli.esp_lines import dependence_lines, dependences_json
from netdsl.cli.flow_json import as_text
from netdsl.cli.flow_options import ESP
from netdsl.cli.options import DEFINE, FORMAT, LAB, UNTRUSTED
from netdsl.cli.proof_table import proof_table, summary_json
from netdsl.diagnostics.render_json import report
from netdsl.ir.dump import Json, dumped
from netdsl.packets.types import Esp
from netdsl.pipeline.analysis import Checked

FORMAT_VERSION = 1
"""Counts up when a field changes its meaning or goes; new fields come without notice."""


@click.command("verify")
@LAB
@ESP
@DEFINE
@UNTRUSTED
@FORMAT
def command(lab: str, esp: str, parameters: dict[str, str], form: str, *, is_trusted: bool) -> None:
    """Prove what a lab expects, line by line, and say why; nothing is run.

    What is wrong without any `expect` (loops, black holes, ways without a way back, tunnels that stay down) is found too.
    Status 1 where an expectation fails, or the lab has another error.
    """
    checked = analyse(lab, parameters, Esp(esp), is_trusted=is_trusted)
    match form:
        case "json":
            write(as_text(_document(checked, esp)))
        case "sarif":
            show_findings(checked.diagnostics, form)
        case _:
            _show(checked)
    raise click.exceptions.Exit(1 if checked.diagnostics.has_errors else 0)


def _show(checked: Checked) -> None:
    if checked.summary is not None and checked.summary.proofs:
        write(proof_table(checked.summary, columns()))
    show_findings(checked.diagnostics, "text")
    if checked.summary is not None and checked.lab is not None:
        line = f"{checked.lab.name}: {checked.summary}"
        if checked.summary.proofs:
            write("".join(f"{one}\n" for one in dependence_lines(checked.summary, columns())))
            say(line)
        else:
            note(line)


def _document(checked: Checked, esp: str) -> dict[str, Json]:
    findings = report(checked.diagnostics)
    document: dict[str, Json] = {
        "format": "netdsl-verify",
        "version": FORMAT_VERSION,
        "lab": None if checked.lab is None else checked.lab.name,
        "esp": esp,
    }
    if checked.summary is not None:
        document |= summary_json(checked.summary) | {"depends_on_esp": dependences_json(checked.summary)}
    return document | {"diagnostics": dumped(findings["diagnostics"])}
