"""Measurements along a path of a running lab, with the tools that a runtime's meter gives in or beside the nodes."""

from netdsl.measuring.probes.latency import NoAnswer, latency
from netdsl.measuring.probes.throughput import Incomplete, throughput

__all__ = ["Incomplete", "NoAnswer", "latency", "throughput"]
