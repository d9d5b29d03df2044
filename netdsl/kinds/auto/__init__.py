"""`routing auto`: routes that the compiler finds by shortest path."""
