"""What the steps of a company hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.common.domain.customers import CompanyLocation, OdooContact, ShopCompany
from libs.common.domain.facts import CompanyFacts
from libs.common.domain.orders import Address
from services.workers.customers.model import ToOdoo
from services.workers.customers.parts import Agreed

#: A company that Odoo's own user made: `acme/company/odoo-42`; the external ID in Shopify of what has no reference.
FROM_ODOO = "odoo-"
#: Under this name a record keeps the external ID that a company is made with, so that a second try looks for the same.
EXTERNAL_ID = "external_id"


@dataclass(frozen=True, slots=True)
class Situation:
    """Both sides of one company."""

    record_id: str
    source_id: str
    module: str
    facts: CompanyFacts
    languages: tuple[str, ...] = ()
    company: ShopCompany | None = None
    """None when Shopify does not have it (any more)."""
    linked_id: int | None = None
    contact: OdooContact | None = None
    candidates: tuple[OdooContact, ...] = ()
    """Contacts that it may be."""
    taken: frozenset[int] = frozenset()
    synced_digest: str | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    paired: str | None = None
    """Of a contact from Odoo: the record of the company that it is linked to already."""
    people: tuple[OdooContact, ...] = ()
    """The contacts below the company's that are persons."""
    customers: Mapping[int, str] = field(default_factory=dict)
    """Which customers of the shop those are, as far as they are any."""
    locations: Mapping[int, str] = field(default_factory=dict)
    """Which addresses in Odoo were made of which location, by the addresses' database ids."""
    only_tag: int = 0
    """The contact tag that companies for Shopify have (`customers.contact_tag`); 0 where there is none."""


@dataclass(frozen=True, slots=True)
class LocationChange:
    """What changes of one location."""

    id: str
    values: Mapping[str, str] = field(default_factory=dict)
    """By their GraphQL names."""
    addresses: tuple[tuple[tuple[str, ...], Address], ...] = ()
    """`("BILLING", "SHIPPING")` and the address that they are to have."""
    tax_id: str = ""
    """Empty leaves it."""

    @property
    def anything(self) -> bool:
        return bool(self.values or self.addresses or self.tax_id)


@dataclass(frozen=True, slots=True)
class ToShop:
    """What Shopify's company is to be."""

    record_id: str
    name: str
    company_id: str
    contact: OdooContact
    values: Mapping[str, str]
    locations: tuple[LocationChange, ...]
    new_locations: tuple[CompanyLocation, ...]
    """Without an id."""
    customers: tuple[str, ...]
    """Customers to make contacts of the company."""
    people: tuple[int, ...]
    """Persons below the contact that are no customers yet: their records are to be looked at."""
    before: Agreed
    written: frozenset[str]
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        return bool(self.values or self.locations or self.new_locations or self.customers or self.people)


@dataclass(frozen=True, slots=True)
class NewInShop:
    """A company of Odoo's that is to be one of the shop's: looked for first, then made with its first location."""

    record_id: str
    version: datetime
    contact: OdooContact
    external_id: str
    location: CompanyLocation


Changes = ToOdoo | ToShop | NewInShop
