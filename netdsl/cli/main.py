"""The command line: verbs, each in a file of its own, loaded when it is called."""

import gc
import sys
from importlib import import_module
from typing import cast

import click

from netdsl.cli.console import close, note, show_usage
from netdsl.version import __version__

_VERBS: dict[str, str] = {
    "init": "Write a first lab to start from.",
    "check": "Check a lab; write nothing.",
    "verify": "Prove what a lab expects, and say why, without running it.",
    "trace": "Follow one packet through a lab, hop by hop.",
    "matrix": "Show which node reaches which.",
    "diff": "Show what changed between two sources: who reaches whom, and more.",
    "watch": "Check a lab on each save, and show what changed.",
    "graph": "Draw a lab: SVG, Mermaid, Graphviz, draw.io.",
    "fmt": "Give sources the one true layout.",
    "compile": "Turn a lab into the files of a target.",
    "up": "Compile and start a lab, and wait until it is ready.",
    "test": "Test a running lab: what is expected, predicted, and seen.",
    "grade": "Give points for the expectations of a lab in others.",
    "handout": "Write what a student gets of a lab: source, picture, addresses.",
    "compare": "Show what containers and machines of a lab differ in.",
    "measure": "Measure a lab where it runs, and keep the figures.",
    "down": "Stop a lab and take away all that it made.",
    "status": "Show the nodes of a running lab.",
    "exec": "Run a command in a node.",
    "shell": "Open a shell in a node.",
    "logs": "Show what nodes say.",
    "capture": "Capture packets on an interface of a node.",
    "explain": "Explain a finding by its code.",
    "dump": "Print a stage of the compiler as JSON.",
    "targets": "List the targets.",
    "doctor": "See what this machine can run, and what to do about the rest.",
    "completion": "Print the completion script of a shell.",
}

_EPILOG = """Exit status: 0 all is well, 1 findings in the lab, 2 wrong usage, 3 the runtime or the system failed,
4 a file could not be graded. diff: 0 the same, 1 not, 2 an error in one of the two.
Every option can be set in the environment: --target of `compile` as NETDSL_COMPILE_TARGET."""

# A compilation makes many objects that live to its end and hardly a cycle: Python's own 700 makes it look through all of
# them again and again, for a seventh of the time of a large lab.
_COLLECTION = (50_000, 20, 50)


def _in_environment(verb: str, command: click.Command) -> click.Command:
    """Every option also as `NETDSL_VERB_OPTION`, by the word that the user knows it by."""
    for option in command.params:
        if isinstance(option, click.Option):
            word = max(option.opts, key=len).lstrip("-").replace("-", "_")
            option.envvar = f"NETDSL_{verb}_{word}".upper()
    return command


class _Verbs(click.Group):
    """Imports a verb's module only when the verb is used, so that `--help` and errors are quick."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(_VERBS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in _VERBS:
            return None
        return _in_environment(name, cast(click.Command, import_module(f"netdsl.cli.{name}_verb").command))

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(_VERBS.items()))

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if arguments and arguments[0] not in _VERBS and not arguments[0].startswith("-"):
            from netdsl.diagnostics.suggest import did_you_mean

            hint = did_you_mean(arguments[0], _VERBS)
            context.fail(f"there is no verb `{arguments[0]}`" + (f": {hint}" if hint else ""))
        return super().resolve_command(context, arguments)


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
    invoke_without_command=False,
)
@click.version_option(__version__, "--version", prog_name="netdsl")
def netdsl() -> None:
    """Compile a network lab, `lab.net`, for containers and virtual machines."""


def main() -> None:
    """The whole command line; ends the process with the documented status."""
    gc.set_threshold(*_COLLECTION)
    try:
        status = netdsl.main(prog_name="netdsl", standalone_mode=False)  # an `Exit` ends up as the value of this call
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as error:
        show_usage(error)
        sys.exit(2 if isinstance(error, click.UsageError) else error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        note("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        close()
        sys.exit(141)
    except Exception as error:
        from netdsl.cli.failure import report_failure

        sys.exit(report_failure(error))


if __name__ == "__main__":
    main()
