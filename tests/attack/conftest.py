"""A node in namespaces of its own, as the tests of the payload have it."""

from tests.payload.conftest import node, pytest_collection_modifyitems

__all__ = ["node", "pytest_collection_modifyitems"]
