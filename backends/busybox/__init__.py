"""busybox: the part that serves web pages."""
