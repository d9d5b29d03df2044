"""Images: one Dockerfile with a stage for each set of needs, and a bake file for several processors."""
