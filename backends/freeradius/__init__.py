"""RADIUS by FreeRADIUS."""
