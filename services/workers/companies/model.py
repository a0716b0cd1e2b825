"""What is known of one company before it is decided about."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.domain.customers import OdooContact, ShopCompany
from libs.common.domain.facts import CompanyFacts


@dataclass(frozen=True, slots=True)
class Situation:
    """A company of Shopify's, and the contacts of Odoo's that it may be."""

    record_id: str
    module: str
    facts: CompanyFacts
    languages: tuple[str, ...] = ()
    company: ShopCompany | None = None
    """None when Shopify does not have it (any more)."""
    linked_id: int | None = None
    contact: OdooContact | None = None
    candidates: tuple[OdooContact, ...] = ()
    taken: frozenset[int] = frozenset()
    synced_digest: str | None = None
