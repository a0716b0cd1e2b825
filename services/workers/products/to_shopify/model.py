"""What is known of one of Odoo's products before Shopify is told, and what is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.common.domain.linking import Coded
from libs.common.domain.pricelists import Pricelist
from libs.common.domain.products import Product, Template

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """What else speaks of the product in Shopify that a new template's codes find."""

    by: str = ""
    """Another of Odoo's products that has it, or its codes: `'Mug' (product.template 5) has it already`."""
    stale: Mapping[str, int] = field(default_factory=dict)
    """Its variants that are linked to what is gone from Odoo, and to what."""
    instead_of: str = ""
    """The source id of the record that has it and whose template is gone: `odoo-5`."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A template of Odoo's and what Shopify has of it."""

    record_id: str
    template_id: int
    template: Template | None
    """None when it was deleted."""
    prices: Mapping[int, Pricelist] = field(default_factory=dict)
    """The store's pricelist and those that its rules reckon from."""
    now: datetime | None = None
    target_id: str | None = None
    """The product in Shopify that it is linked to."""
    product: Product | None = None
    """That product, or the one whose variants have its codes."""
    links: Mapping[int, str] = field(default_factory=dict)
    """`product.product` id to variant id, as the ledger knows them."""
    near: tuple[Coded, ...] = ()
    """Shopify's variants that a link or a code names."""
    synced_digest: str | None = None
    claim: Claim = field(default_factory=Claim)
    shop_currency: str = ""
    company_currency: str = ""
    """In which Odoo has its prices, where no pricelist tells another."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a product."""

    name: str
    """Of the file in Shopify, without its ending: another one when the content is another."""
    source: int
    """The `product.product` that has it, or the `product.template`."""
    of_variant: bool = False
    places: tuple[int, ...] = ()
    """The variants that show it, by their place."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write of one product."""

    record_id: str
    version: datetime | None
    digest: str
    name: str
    template_id: int
    product_id: str | None
    """None for a new one, which is made under `handle`."""
    handle: str
    set: Values = field(default_factory=dict)
    """`ProductSetInput`: fields that differ; with its variants when some are new."""
    variants: Mapping[str, Values] = field(default_factory=dict)
    """By variant id: `ProductVariantsBulkInput` without its id, what differs."""
    pictures: tuple[Picture, ...] = ()
    """All that the product is to have, the template's first; none when they are those that were told before."""
    wanted: Product | None = None
    """What Shopify is to show; None for a product that was deleted in Odoo."""
    sources: tuple[int, ...] = ()
    """The `product.product` of each variant of `wanted`."""
    linked: Mapping[int, str] = field(default_factory=dict)
    """What the ledger linked them to before."""
    others: frozenset[str] = frozenset()
    """Variants that are linked to what is not among `sources`."""
    claim: Claim = field(default_factory=Claim)
    links: Mapping[int, str] = field(default_factory=dict)
