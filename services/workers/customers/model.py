"""What the four steps of a customer hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.facts import CompanyFacts
from libs.common.domain.orders import Address
from services.workers.customers.parts import Agreed

#: A contact that Odoo's own user made: `acme/customer/odoo-42`.
FROM_ODOO = "odoo-"
MERGED_INTO = "merged_into"
ERASED = "erased"
#: A link that was on its way to another record when its worker went down (libs.common.ledger.queries).
MOVING = "moving"


@dataclass(frozen=True, slots=True)
class ConsentTags:
    """The contact tags that stand for consent, by database id; 0 where there is none (yet)."""

    email: int = 0
    sms: int = 0
    only: int = 0
    """The tag that contacts for Shopify have (`customers.contact_tag`)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Both sides of one customer."""

    record_id: str
    source_id: str
    module: str
    facts: CompanyFacts
    languages: tuple[str, ...] = ()
    tags: ConsentTags = ConsentTags()
    customer: ShopCustomer | None = None
    """None when Shopify does not have it (any more)."""
    linked_id: int | None = None
    contact: OdooContact | None = None
    """The linked contact; None when there is none, or it was deleted."""
    candidates: tuple[OdooContact, ...] = ()
    """Contacts that may be the customer."""
    taken: frozenset[int] = frozenset()
    """Contacts that are linked to other customers."""
    synced_digest: str | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    paired: str | None = None
    """Of a contact from Odoo: the record of the customer that it is linked to already."""
    buys_as: str | None = None
    """Of a contact that business orders made: the customer who buys, where that has another contact."""
    companies: tuple[str, ...] = ()
    """The companies of the shop that the customer is a contact of."""
    above: OdooContact | None = None
    """The first one's contact in Odoo, where it is linked and there; of a contact from Odoo the one above it."""
    invoiced: frozenset[int] = frozenset()
    """Contacts that have journal entries of their own; only asked of those that might join a company."""
    waits_for: str | None = None
    """The record of that company, or of the one above, while it is on its way."""
    kept: OdooContact | None = None
    """After a merge: the contact of the customer that stays; None when that one has none in Odoo."""
    kept_id: int | None = None
    """What that customer is linked to, there or not."""
    beside: bool = False
    """That customer is in the same batch."""
    made_id: int | None = None
    """Of a contact from Odoo: the customer that was made (or found) for it."""


@dataclass(frozen=True, slots=True)
class NewAddress:
    """A contact below the customer's, named by its content as the orders' room names it."""

    external_id: str
    values: Mapping[str, str]
    type: str = "delivery"


@dataclass(frozen=True, slots=True)
class ToOdoo:
    """What Odoo's contact is to be."""

    record_id: str
    version: datetime
    name: str
    ref: int | str
    """Database id, or the external id of one to make."""
    values: Mapping[str, str]
    """All fields of a new contact; of a known one those that change."""
    wanted: Mapping[str, str]
    """What is compared when it is read back."""
    addresses: tuple[NewAddress, ...]
    tags: Mapping[str, bool]
    """Names of contact tags, and whether the contact is to have them."""
    tag_ids: tuple[int, ...]
    """What it has now."""
    before: Agreed
    """Both sides as they were read."""
    written: frozenset[str]
    """The parts that are written here (services.workers.customers.parts)."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    below: tuple[tuple[int, Mapping[str, str]], ...] = ()
    """Contacts below it that change, by database id."""
    first: tuple[NewAddress, ...] = ()
    """Addresses to make before the contact itself changes and loses them."""
    hints: tuple[str, ...] = ()
    """Of a company: customers of the shop that are now its people, to be looked at when it is written."""
    and_shop: Any = None
    """What goes to Shopify as well: on the first look both sides are completed, later each takes the other's parts."""


@dataclass(frozen=True, slots=True)
class ShopAddress:
    """An entry for the address book in Shopify; `id` when it is there and is only to be the default one."""

    address: Address
    default: bool
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToShopify:
    """What Shopify's customer is to be."""

    record_id: str
    name: str
    customer_id: str
    contact: OdooContact
    values: Mapping[str, str]
    """Fields that change, by their GraphQL names."""
    addresses: tuple[ShopAddress, ...]
    consent: Mapping[str, bool]
    """`email`, `sms`: what changes."""
    before: Agreed
    written: frozenset[str]
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewInShop:
    """A contact of Odoo's that is to be a customer: looked for first, then made."""

    record_id: str
    version: datetime
    contact: OdooContact
    email: str
    phone: str
    values: Mapping[str, str]
    companies: tuple[str, ...] = ()
    """The company of the shop that it is to be a contact of."""


@dataclass(frozen=True, slots=True)
class MoveLink:
    """The contact of a customer that was merged away becomes the contact of the one that stays."""

    record_id: str
    source_id: str
    to: str
    instead_of: int | None
    """The contact that the one that stays is linked to and that is gone in Odoo."""
    beside: bool = False
    """The one that stays is in the same batch, and waits for this move."""


@dataclass(frozen=True, slots=True)
class ArchiveContact:
    """The second contact of two customers that were merged."""

    record_id: str
    partner_id: int
    to: str


Changes = ToOdoo | ToShopify | NewInShop | MoveLink | ArchiveContact
