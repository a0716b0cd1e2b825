"""Clients of a store's two sides, for a command that goes through all of something, and its progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.console.desk import Desk

if TYPE_CHECKING:
    from libs.common.odoo.client import OdooClient
    from libs.common.shopify.client import ShopifyClient
    from libs.common.stores.model import OdooConnection, Store

SHORT_WAIT_SECONDS = 60.0


@contextmanager
def far_sides(at: Desk, store: Store) -> Iterator[tuple[ShopifyClient, OdooClient]]:
    """Closed at the end."""
    from libs.common.shopify.client import ShopifyClient  # noqa: PLC0415 - gql alone takes half a second to import

    shopify = ShopifyClient(
        store.shopify.base_url,
        store.shopify.token.get_secret_value(),
        budget=at.budgets,
        budget_key=f"{store.slug}/shopify",
        short_wait_seconds=SHORT_WAIT_SECONDS,
    )
    odoo = odoo_client(store.odoo)
    try:
        yield shopify, odoo
    finally:
        shopify.close()
        odoo.close()


def odoo_client(connection: OdooConnection) -> OdooClient:
    """To be closed by the caller."""
    from libs.common.odoo.client import OdooClient  # noqa: PLC0415 - as above

    return OdooClient(
        connection.base_url,
        connection.database,
        connection.login,
        connection.key.get_secret_value(),
        connection.company_id,
    )


def progress_bar() -> Progress:
    """On standard error, and only where somebody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def shown_by(bar: Progress) -> Callable[[str, int, int], None]:
    """A task of the bar for each thing that is told of: what, how far, of how many."""
    tasks: dict[str, Any] = {}

    def progress(what: str, done: int, of: int) -> None:
        task = tasks.get(what)
        if task is None:
            task = tasks[what] = bar.add_task(what, total=of)
        bar.update(task, completed=done, total=of)

    return progress
