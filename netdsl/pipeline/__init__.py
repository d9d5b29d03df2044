"""The stages of the compiler in their order; nothing else.

Two modules, so that a check loads neither back ends nor cryptography.
"""
