"""A store's rules for customers: which way they go, and who wins. Read from the store's YAML."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Direction(StrEnum):
    """Which way customers go."""

    OFF = "off"
    FROM_SHOPIFY = "from_shopify"
    TO_SHOPIFY = "to_shopify"
    BOTH = "both"

    @property
    def to_odoo(self) -> bool:
        return self in {Direction.FROM_SHOPIFY, Direction.BOTH}

    @property
    def to_shop(self) -> bool:
        return self in {Direction.TO_SHOPIFY, Direction.BOTH}


class Winner(StrEnum):
    """Whose values stay where both sides changed since they last agreed."""

    SHOPIFY = "shopify"
    ODOO = "odoo"


class MergedContact(StrEnum):
    """What becomes of the second contact in Odoo when two customers were merged in Shopify."""

    HOLD = "hold"
    ARCHIVE = "archive"


class SamePhone(StrEnum):
    """What becomes of a new customer whose phone number is that of a contact with another name and e-mail address."""

    HOLD = "hold"
    LINK = "link"
    NEW = "new"


class CustomerRules(BaseModel):
    """Customers and companies. The defaults change nothing: orders bring their customers, and that is all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sync: Direction = Direction.OFF
    winner: Winner = Winner.SHOPIFY
    merged: MergedContact = MergedContact.HOLD
    companies: Direction = Field(
        default=Direction.FROM_SHOPIFY, description="which way companies go, as far as `sync` lets them"
    )
    same_phone: SamePhone = SamePhone.HOLD
    contact_tag: str = Field(
        default="", max_length=64, description="contact tag in Odoo; only contacts with it become customers in Shopify"
    )
    email_tag: str = Field(
        default="Email marketing", max_length=64, description="contact tag for consent to e-mails; empty: none"
    )
    sms_tag: str = Field(
        default="SMS marketing", max_length=64, description="contact tag for consent to text messages; empty: none"
    )

    @property
    def companies_to_odoo(self) -> bool:
        return self.sync.to_odoo and self.companies.to_odoo

    @property
    def companies_to_shop(self) -> bool:
        return self.sync.to_shop and self.companies.to_shop

    @field_validator("sync", "companies", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        """YAML reads `off` as false."""
        return Direction.OFF if value is False else value
