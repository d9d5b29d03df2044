"""The backends: one folder each."""
