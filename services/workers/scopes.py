"""A scope that only one room needs: its records wait for it, and the rest of the store goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from libs.common.errors import CredentialsRefused, RateLimited
from libs.common.logging import Seldom
from libs.common.shopify.errors import MISSING_SCOPE

T = TypeVar("T")

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 600.0
_seldom = Seldom(AGAIN_SECONDS)


def scoped(store: str, ask: Callable[[], T]) -> T:
    """What `ask` answers. A missing scope would pause all of the shop; here it only puts off who asked."""
    try:
        return ask()
    except CredentialsRefused as refused:
        if refused.code != MISSING_SCOPE:
            raise
        if _seldom.count(f"{store} {refused.message}") is not None:
            log.warning("scope.missing", store=store, reason=refused.message[:300], hint=refused.hint)
        raise RateLimited(
            refused.message,
            "shopify",
            MISSING_SCOPE,
            refused.hint,
            refused.details,
            after_seconds=AGAIN_SECONDS,
        ) from refused
