"""A shop's stock, as the room `inventory` asks it: everything over GraphQL, and setting levels by REST as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common.domain.stock import Level
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.inventory import (
    Answer,
    OrderUnits,
    Setting,
    Sighted,
    activate,
    fetch_levels,
    fetch_order_units,
    newest_orders,
    set_quantities,
)
from libs.common.shopify.rest import RestClient


@dataclass(frozen=True, slots=True)
class StockShop:
    """See `libs.common.shopify.inventory` and `rest`."""

    client: ShopifyClient
    rest: RestClient

    def levels(self, location: str, variant_ids: Sequence[str]) -> Mapping[str, Level]:
        return fetch_levels(self.client, location, variant_ids)

    def newest_orders(self, since: datetime) -> Iterator[Sighted]:
        return newest_orders(self.client, since)

    def order_units(self, ids: Sequence[str], *, places: bool) -> Mapping[str, OrderUnits]:
        return fetch_order_units(self.client, ids, places=places)

    def set_quantities(self, name: str, settings: Sequence[Setting], key: str) -> Answer:
        return set_quantities(self.client, name, settings, key)

    def activate(self, item_id: str, location: str, key: str) -> None:
        activate(self.client, item_id, location, key)

    def set_by_rest(self, setting: Setting) -> int:
        return self.rest.set_level(setting.item_id, setting.location, setting.quantity)
