"""`netdsl compare`."""
