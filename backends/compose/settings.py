"""Settings of the target: `target compose { KEY = VALUE }`, `--set KEY=VALUE`."""

from netdsl.codegen.contract import Options
from netdsl.ir.lab import Lab


def setting(lab: Lab, options: Options, key: str) -> str | None:
    """From the command line, else from the source."""
    if key in options.settings:
        return options.settings[key]
    return next((s.value for s in lab.settings if s.target == "compose" and s.key == key), None)
