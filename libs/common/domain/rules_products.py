"""What a store's owner decided about products."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Lead(StrEnum):
    """Which side's products the other one follows."""

    NOBODY = "nobody"
    """Products are only matched where an order names them."""
    SHOPIFY = "shopify"
    ODOO = "odoo"
    LINK = "link"
    """What exists on both sides is linked, and nothing is written."""


class ProductRules(BaseModel):
    """Products, one way or the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lead: Lead = Field(default=Lead.NOBODY, description="shopify, odoo, link, or nobody")
    images: bool = Field(default=True, description="whether images go along")
