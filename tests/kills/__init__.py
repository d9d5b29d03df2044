"""Verbs that are killed at a random moment: what they leave is whole, or finished by the next verb, and taken away by the
next `down`."""
