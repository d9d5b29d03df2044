"""`netdsl explain`."""

import click

from netdsl.cli.console import say, write
from netdsl.diagnostics.catalogue import homes
from netdsl.diagnostics.explain import explain
from netdsl.diagnostics.suggest import did_you_mean


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a finding by its CODE; without one, list them all."""
    if code is None:
        width = max(map(len, homes()))
        for _, (rule, _) in sorted(homes().items()):
            say(f"{rule.code:{width}}  {rule.severity:7}  {rule.summary}")
        return
    text = explain(code)
    if text is None:
        hint = did_you_mean(code, homes())
        raise click.UsageError(f"there is no finding `{code}`" + (f": {hint}" if hint else ""))
    write(text)
