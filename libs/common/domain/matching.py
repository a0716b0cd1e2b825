"""Which record of the other side is the same thing: by link, then by what people wrote on it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr

#: E.164: so many digits at most, the country's among them.
PHONE_DIGITS = 15
#: `+49 (0)30 1234`: the 0 is only dialled inside the country.
_TRUNK = re.compile(r"^(\+\d{1,3}[\s./\-]*)\(0\)")
_PHONE = re.compile(r"\+[\d\s()./\-]+")


def normalise_email(email: str) -> str:
    """`" Jane@Example.COM "`, `Jane <jane@example.com>` → `jane@example.com`: as Odoo's `email_normalized` has it."""
    text = unicodedata.normalize("NFKC", email).strip()
    return (parseaddr(text)[1] or text if text.endswith(">") else text).lower()


def email_forms(email: str) -> frozenset[str]:
    """Normalised, its domain in letters and as machines write it: `j@bücher.example`, `j@xn--bcher-kva.example`."""
    text = normalise_email(email)
    local, at, domain = text.rpartition("@")
    forms = {text} - {""}
    if at:
        with suppress(UnicodeError):  # no domain
            forms.add(f"{local}@{domain.encode('idna').decode()}")
        with suppress(UnicodeError):  # it is in letters already
            forms.add(f"{local}@{domain.encode('ascii').decode('idna')}")
    return frozenset(forms)


def normalise_phone(phone: str) -> str:
    """`+1 (555) 01-00` → `+15550100`; "" for a number without its country: nobody knows whose it is.

    "" as well for what is no number alone (`+1 555 0100 ext. 5`, two numbers in one field): it would be another one.
    """
    text = _TRUNK.sub(r"\1", unicodedata.normalize("NFKC", phone).strip())
    digits = "".join(one for one in text if one.isdigit())
    return f"+{digits}" if _PHONE.fullmatch(text) and 0 < len(digits) <= PHONE_DIGITS else ""


def normalise_code(code: str) -> str:
    """A SKU or a barcode without the spaces around it; case matters, as in both systems."""
    return code.strip()


@dataclass(frozen=True, slots=True)
class PartnerFact:
    """A contact of Odoo's that may be the customer."""

    id: int
    name: str
    email: str = ""
    """Normalised."""
    parent_id: int | None = None
    active: bool = True
    ref: str = ""
    """What the company calls it: of a business customer the external id."""
    commercial_id: int = 0
    """To whom its invoices are booked: itself, or the company above it."""
    is_buyer: bool = False
    """Made below a company for whoever buys for it: not who that person's own orders are for."""


@dataclass(frozen=True, slots=True)
class ProductFact:
    """A variant of Odoo's (`product.product`) that may be the one sold."""

    id: int
    name: str
    default_code: str = ""
    barcode: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several fit and nothing decides: a question to a person."""

    by: str
    """`barcode` or `SKU`"""
    value: str
    candidates: tuple[ProductFact, ...]


def match_partner(partners: Sequence[PartnerFact], *, linked_id: int | None, email: str) -> PartnerFact | None:
    """The linked contact, else the one of that e-mail address; contacts of their own before addresses of others.

    Several contacts with one address are common in Odoo (a company and its people); the oldest of them that
    is not somebody's child is taken, so that every order of a customer ends with the same one.
    """
    linked = next((p for p in partners if linked_id is not None and p.id == linked_id), None)
    if linked:
        return linked
    wanted = email_forms(email)
    same = [p for p in partners if p.active and p.email in wanted and not p.is_buyer]
    return min(same, key=lambda p: (p.parent_id is not None, p.id), default=None)


def match_product(
    products: Sequence[ProductFact], *, linked_id: int | None, barcode: str, sku: str
) -> ProductFact | Ambiguous | None:
    """The linked variant, else the one with the barcode, else the one with the SKU; several of one kind: ambiguous."""
    linked = next((p for p in products if linked_id is not None and p.id == linked_id), None)
    if linked:
        return linked
    for by, value, attribute in (("barcode", barcode, "barcode"), ("SKU", sku, "default_code")):
        code = normalise_code(value)
        if not code:
            continue
        same = [p for p in products if p.active and getattr(p, attribute) == code]
        if len(same) > 1:
            return Ambiguous(by, code, tuple(sorted(same, key=lambda p: p.id)))
        if same:
            return same[0]
    return None


def archived_twin(products: Iterable[ProductFact], *, barcode: str, sku: str) -> ProductFact | None:
    """An archived variant with this barcode or SKU: making a second one would be refused, or a duplicate."""
    codes = {normalise_code(barcode), normalise_code(sku)} - {""}
    return next((p for p in products if not p.active and codes & {p.barcode, p.default_code}), None)
