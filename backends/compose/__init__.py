"""Docker Compose: a project that `docker compose up --wait` brings to life with no netdsl installed."""
