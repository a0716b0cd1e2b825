from __future__ import annotations

from tests.integration.orders.conftest import desk

__all__ = ["desk"]
