"""What is measured along a path of a running lab, with a runtime's tools beside (or in) its nodes."""

from netdsl.measuring.probes.latency import latency
from netdsl.measuring.probes.throughput import Incomplete, throughput

__all__ = ["Incomplete", "latency", "throughput"]
