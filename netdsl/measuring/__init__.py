"""Measuring a lab in one runtime: `measure` gives a `Run`."""
