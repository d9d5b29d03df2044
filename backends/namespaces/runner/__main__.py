"""`python3 -m runner VERB …`, in the folder of a lab or with `--folder`."""

import os
import signal
import sys

from . import beside, verbs
from .plan import Plan, checked_project, read_plan
from .said import Refused, complain, say

USAGE = """\
usage: lab.sh [--project NAME] VERB
  up [SECONDS]              make the lab, and wait until every node is ready
  down                      take it away
  status [NODE...]          what each node says of itself, as JSON
  change NODE[=SUM]...      take what is in the folder as it runs, as JSON; SUM: of what has to be there, as netdsl makes it
  running                   what each node says that it runs, as JSON
  exec NODE COMMAND...      a command in a node
  log [--follow] NODE       what a node has said
  beside NODE COMMAND...    a command in a node's network (ip, nft, tcpdump, perl), with files that are not the node's
  roots                     make the root file systems that the lab needs
  renew                     make them again, where no lab runs on them
  stay NODE                 beside a node with what measures, until the input ends; says which process it is
  ask PROCESS COMMAND...    a command there
All as root."""


def main(words: list[str]) -> int:
    try:
        return _with_options(words)
    except Refused as error:
        complain(error)
        return 3


def _with_options(words: list[str]) -> int:
    folder, project = os.path.realpath("."), None
    while words[:1] in (["--project"], ["--folder"]) and len(words) > 1:
        option, value, *words = words
        if option == "--project":
            project = checked_project(value)
        else:
            folder = os.path.realpath(value)
    verb, *rest = words or [""]
    return _do(verb, rest, folder, project)


_OF_PLAN = ("up", "status", "running", "change", "beside", "stay", "roots", "renew")
_OF_PROJECT = ("down", "exec", "log")


def _do(verb: str, rest: list[str], folder: str, project: str | None) -> int:
    """With a project the folder is not read where that is not needed: as fast as can be."""
    if verb in _OF_PLAN:
        return _of_plan(verb, rest, folder, read_plan(f"{folder}/lab.json", project))
    if verb == "ask" and len(rest) > 2:
        return beside.ask(rest[0], rest[1], rest[2:])
    if verb in _OF_PROJECT:
        return _of_project(verb, rest, folder, project or read_plan(f"{folder}/lab.json", None).project)
    return _usage()


def _of_plan(verb: str, rest: list[str], folder: str, plan: Plan) -> int:
    match verb, rest:
        case "up", []:
            verbs.up(plan, folder, verbs.READY)
        case "up", [seconds] if seconds.isdecimal():
            verbs.up(plan, folder, int(seconds))
        case "status", names:
            verbs.status(plan, names)
        case "running", []:
            verbs.running(plan)
        case "change", [_, *_]:
            verbs.change(plan, folder, rest)
        case "roots", []:
            verbs.prepare(plan)
        case "renew", []:
            verbs.renew(plan)
        case "stay", [node]:
            return verbs.stay_beside(plan, folder, node)
        case "beside", [node, _, *_]:
            return verbs.beside(plan, folder, node, rest[1:])
        case _:
            return _usage()
    return 0


def _of_project(verb: str, rest: list[str], folder: str, project: str) -> int:
    match verb, rest:
        case "down", []:
            verbs.down(project, folder)
        case "exec", [node, _, *_]:
            return verbs.execute(project, node, rest[1:])
        case "log", [node]:
            return verbs.log(project, node, is_followed=False)
        case "log", ["--follow", node]:
            return verbs.log(project, node, is_followed=True)
        case _:
            return _usage()
    return 0


def _usage() -> int:
    say(USAGE)
    return 2


def begin(words: list[str]) -> None:
    """The whole process: what a Ctrl-C ends has nothing to say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(words))


if __name__ == "__main__":
    begin(sys.argv[1:])
