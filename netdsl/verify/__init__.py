"""The verifier: what becomes of every packet of a lab, before anything is started."""

from netdsl.packets.types import Decision, Esp, Hook, Hop, Outcome, Packet, Step, Verdict, Wire
from netdsl.packets.world import World
from netdsl.verify.check import verify
from netdsl.verify.expectations import check_expectations, prove
from netdsl.verify.matrix import matrix
from netdsl.verify.predict import predict
from netdsl.verify.types import Cell, Proof, Summary

__all__ = [
    "Cell",
    "Decision",
    "Esp",
    "Hook",
    "Hop",
    "Outcome",
    "Packet",
    "Proof",
    "Step",
    "Summary",
    "Verdict",
    "Wire",
    "World",
    "check_expectations",
    "matrix",
    "predict",
    "prove",
    "verify",
]
