"""Runs of one lab side by side, and what differs before anything is started."""
