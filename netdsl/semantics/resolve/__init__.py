"""Resolving: from the unrolled lab to `Bindings`, every name looked up, every address completed or allocated."""

from netdsl.semantics.resolve.lab import resolve, resolve_partly

__all__ = ["resolve", "resolve_partly"]
