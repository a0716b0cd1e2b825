"""What a batch of one store works with: both sides' clients, the ledger's links, rules and reference data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from libs.common.domain.facts import CompanyFacts
from libs.common.domain.orders import Order
from libs.common.domain.rules import StoreRules
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Link, Target
from libs.common.odoo.client import OdooClient
from libs.common.odoo.facts import FactsCache
from libs.common.odoo.fields import OdooFields


class Shopify(Protocol):
    """What workers ask of the shop."""

    def orders(self, ids: Sequence[str]) -> Mapping[str, Order]:
        """By id, complete; an order that the shop does not show is absent."""
        ...


#: Ledger entity to the Odoo model its links point to.
LINKED_MODELS = {"customer": "res.partner", "variant": "product.product"}


FRESH_SECONDS = 2.0
#: More made ids than this are forgotten and met again, each by a call that finds it.
MADE_LIMIT = 50_000


@dataclass
class StoreContext:
    """One store, as one worker process knows it."""

    slug: str
    module: str
    rules: StoreRules
    shopify: Shopify
    odoo: OdooClient
    reference: FactsCache
    ledger: Ledger
    made: dict[str, int] = field(default_factory=dict)
    """External id to database id of products and tags this process made or met: they need no second call."""

    @property
    def odoo_fields(self) -> OdooFields:
        """What this server calls things."""
        return self.reference.fields()

    def facts(self) -> CompanyFacts:
        if len(self.made) > MADE_LIMIT:
            self.made.clear()
        return self.reference.facts()

    def fresh_facts(self) -> CompanyFacts:
        """Read anew, but not by every record of a backlog that misses the same tax."""
        return self.reference.fresh(older_than_seconds=FRESH_SECONDS)

    def links(self, entity: str, source_ids: Sequence[str]) -> dict[str, int]:
        """Database ids that the ledger knows for these source ids."""
        if not source_ids:
            return {}
        found = self.ledger.links(self.slug, entity, list(dict.fromkeys(source_ids)))
        return {source_id: target.id for source_id, target in found.items()}

    def remember(self, links: Sequence[tuple[str, str, int, str]]) -> None:
        """Record pairs of (entity, source id, database id, name)."""
        if not links:
            return
        self.ledger.link(
            self.slug,
            [
                Link(entity, source, Target(LINKED_MODELS[entity], target, name), name)
                for entity, source, target, name in links
            ],
        )

    def forget(self) -> None:
        """Drop what may be stale after a refusal: cached ids and reference data."""
        self.made.clear()
        self.reference.drop()
