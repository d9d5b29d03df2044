"""Settings of a target: `target NAME { KEY = VALUE }`, `--set KEY=VALUE`."""

from netdsl.codegen.contract import Options
from netdsl.ir.lab import Lab


def setting(lab: Lab, options: Options, target: str, key: str) -> str | None:
    """From the command line, else from the source."""
    if key in options.settings:
        return options.settings[key]
    return next((s.value for s in lab.settings if s.target == target and s.key == key), None)
