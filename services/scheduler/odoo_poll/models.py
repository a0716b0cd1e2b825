"""What is polled in a store's Odoo: one entry for each kind of record whose changes Odoo itself tells nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from libs.common.domain.rules import StoreRules


@dataclass(frozen=True, slots=True)
class Polled:
    """Changes of one model that become hints of one ledger entity."""

    entity: str
    model: str
    domain: tuple[Any, ...]
    needs: tuple[str, ...]
    """Fields without which this Odoo has nothing to poll: the app that brings them is not installed."""
    watched: tuple[str, ...]
    """Fields that tell two changes of one second apart, where the model has them."""
    wanted: Callable[[StoreRules], bool]
    belongs_to: tuple[str, str] | None = None
    """A many2one and its model, where only what hangs on a record of Tandem's counts: one that the ledger links, or
    that has an external id of the store's. Whatever else is sold in this Odoo makes no records."""


DELIVERIES = Polled(
    entity="delivery",
    model="stock.picking",
    domain=(("state", "=", "done"), ("picking_type_code", "=", "outgoing"), ("sale_id", "!=", False)),
    needs=("sale_id", "picking_type_code"),
    belongs_to=("sale_id", "sale.order"),
    watched=("date_done", "carrier_id", "carrier_tracking_ref"),
    wanted=lambda rules: rules.fulfillments.to_shopify,
)

#: An issue that brings another direction adds its models.
POLLED: tuple[Polled, ...] = (DELIVERIES,)
