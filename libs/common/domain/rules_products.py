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


class Writes(StrEnum):
    """How prices and codes are written to Shopify."""

    GRAPHQL = "graphql"
    REST = "rest"
    """One request for each variant: for tokens of older custom apps."""


class ProductRules(BaseModel):
    """Products, one way or the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lead: Lead = Field(default=Lead.NOBODY, description="shopify, odoo, link, or nobody")
    tag: str | None = Field(default=None, description="odoo leads: only products with this tag")
    pricelist_id: int | None = Field(
        default=None,
        gt=0,
        description="odoo leads: whose prices Shopify shows; shopify leads: whose rules keep prices that do not add up",
    )
    writes: Writes = Field(default=Writes.GRAPHQL, description="odoo leads: how prices and codes are written")
    audit_hours: float = Field(default=24.0, gt=0, description="odoo leads: how often every product is compared anew")
    images: bool = Field(default=True, description="whether images go along")
