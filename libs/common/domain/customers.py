"""Shopify's customers and companies, and Odoo's contacts, as a plan sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from libs.common.domain.orders import Address

SUBSCRIBED = "SUBSCRIBED"


@dataclass(frozen=True, slots=True)
class CustomerAddress:
    """One entry of a customer's address book."""

    id: str
    address: Address


@dataclass(frozen=True, slots=True)
class ShopCustomer:
    """One customer, with all addresses. `email` and `phone` are as Shopify has them, empty where there are none."""

    id: str
    updated_at: datetime
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = ""
    """`de`, `fr-CA`"""
    email_consent: str = ""
    """Shopify's marketing state: SUBSCRIBED, NOT_SUBSCRIBED, UNSUBSCRIBED, PENDING, …; empty without an e-mail."""
    sms_consent: str = ""
    addresses: tuple[CustomerAddress, ...] = ()
    default_address_id: str = ""

    @property
    def name(self) -> str:
        given = f"{self.first_name} {self.last_name}".strip()
        return given or self.display_name

    @property
    def default_address(self) -> Address | None:
        return next((one.address for one in self.addresses if one.id == self.default_address_id), None)


@dataclass(frozen=True, slots=True)
class CompanyLocation:
    """One location of a company."""

    id: str
    name: str
    external_id: str = ""
    phone: str = ""
    locale: str = ""
    tax_id: str = ""
    """Shopify's `taxRegistrationId`: the VAT number."""
    shipping: Address | None = None
    billing: Address | None = None


@dataclass(frozen=True, slots=True)
class ShopCompany:
    """One company with its locations, oldest first, and its people."""

    id: str
    updated_at: datetime
    name: str
    external_id: str = ""
    note: str = ""
    locations: tuple[CompanyLocation, ...] = ()
    people: tuple[str, ...] = ()
    """Ids of the customers who are its contacts."""


@dataclass(frozen=True, slots=True)
class OdooAddress:
    """A contact below another one that is an address of it."""

    id: int
    type: str
    """`delivery`, `invoice`, `other`, `contact`"""
    values: tuple[tuple[str, str], ...]
    """Field names and their values as `load` takes them; relations are ids."""
    active: bool = True
    vat: str = ""
    is_company: bool = False


@dataclass(frozen=True, slots=True)
class OdooContact:
    """A contact of Odoo's that may be, or is, a customer or a company."""

    id: int
    name: str
    written_at: datetime
    values: tuple[tuple[str, str], ...]
    """Field names and their values as `load` takes them; relations are ids."""
    email: str = ""
    """Normalised."""
    phone: str = ""
    """Normalised."""
    active: bool = True
    parent_id: int | None = None
    type: str = "contact"
    is_company: bool = False
    customer: bool = False
    """Whether Odoo counts it among its customers (`customer_rank`)."""
    tag_ids: tuple[int, ...] = ()
    addresses: tuple[OdooAddress, ...] = ()

    @property
    def below(self) -> bool:
        """Whether it is a person of the contact above it: Odoo keeps the address of such a one like its parent's."""
        return self.parent_id is not None and self.type == "contact" and not self.is_company
