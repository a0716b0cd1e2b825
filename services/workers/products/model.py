"""What is known of one product before it is decided about, and what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from libs.common.domain.linking import Coded
from libs.common.domain.matching import ProductFact
from libs.common.domain.outcomes import Hold
from libs.common.domain.products import ExactPrice, Image, Product, Template

Values = Mapping[str, str | Decimal | bool | None]


@dataclass(frozen=True, slots=True)
class Known:
    """A variant of Odoo's that may be the one, and the template it is of."""

    fact: ProductFact
    template_id: int


@dataclass(frozen=True, slots=True)
class Situation:
    """A product of Shopify's and what Odoo has of it."""

    record_id: str
    source_id: str
    product: Product | None
    """None when it was deleted, or is not visible."""
    module: str
    links: Mapping[str, int] = field(default_factory=dict)
    """Variant id to `product.product` id, as the ledger knows them."""
    taken: Mapping[int, str] = field(default_factory=dict)
    """Which of Odoo's variants another variant is linked to."""
    near: tuple[Known, ...] = ()
    """Every variant of Odoo's that a link, a barcode or a SKU names."""
    target_id: int | None = None
    template: Template | None = None
    """The template of the target, or the one that all variants matched."""
    synced_digest: str | None = None
    weight_unit: str = "KILOGRAMS"
    """What this Odoo weighs products in."""
    optional: frozenset[str] = frozenset()
    """Fields of this server that not every one has."""
    exact: Mapping[int, ExactPrice] = field(default_factory=dict)
    """By `product.product`: the rules that give a variant a price of its own."""
    shared: frozenset[str] = frozenset()
    """Barcodes and SKUs that another product of the batch has as well."""
    claimed: Mapping[str, str] = field(default_factory=dict)
    """SKUs of the products before it in the batch, with their titles."""
    gone: frozenset[str] = frozenset()
    """Of the variants in `taken`: those that Shopify has no more."""
    owners: Mapping[str, Coded] = field(default_factory=dict)
    """Of the variants in `taken`: those that it has, with the codes that they have now."""
    shop_currency: str = ""
    company_currency: str = ""


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value that a template does not have of an attribute yet."""

    option: str
    value: str
    extra: Decimal
    external_id: str
    """Of the `product.template.attribute.value`."""


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant that Odoo does not have yet. `values` are external ids or database ids of its template's values."""

    variant_id: str
    external_id: str
    values: tuple[str | int, ...]
    cells: Values


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write of one product: a new template when `template_id` is None."""

    record_id: str
    version: datetime | None
    digest: str
    name: str
    external_id: str
    product: Product | None
    template_id: int | None = None
    values: Values = field(default_factory=dict)
    """Of the template, by field: all of a new one, else those that differ."""
    category: str | None = None
    """To be found or made by name; None leaves it alone."""
    tags: tuple[str, ...] | None = None
    new_values: tuple[NewValue, ...] = ()
    extras: Mapping[int, Decimal] = field(default_factory=dict)
    """`product.template.attribute.value` id to what it adds to the price."""
    exact: Mapping[str, Decimal] = field(default_factory=dict)
    """By variant id in Shopify: prices to be kept by a rule of a pricelist."""
    rules: Mapping[int, ExactPrice] = field(default_factory=dict)
    """By `product.product`: the rules that are there."""
    new_variants: tuple[NewVariant, ...] = ()
    variants: Mapping[int, Values] = field(default_factory=dict)
    """`product.product` id to the fields that differ."""
    links: Mapping[str, int] = field(default_factory=dict)
    """Variants that are there, by their id in Shopify."""
    image: Image | None = None
    """To be written on the template."""
    variant_images: Mapping[str, Image] = field(default_factory=dict)
    """By variant id in Shopify."""
    stored: bool = True
    """Whether it is goods, and no service."""
    barcodes: Mapping[int, str] = field(default_factory=dict)
    """By `product.product`: those that are to be others."""
    linked: Mapping[str, int] = field(default_factory=dict)
    """What the ledger linked its variants to before."""
    left: Mapping[int, str] = field(default_factory=dict)
    """By `product.product`: the variant that had it and is not in Shopify any more."""

    @property
    def only_links(self) -> bool:
        written = (self.values, self.new_values, self.extras, self.exact, self.new_variants, self.variants)
        parts = (self.category, self.tags is not None, self.image, self.variant_images)
        return self.template_id is not None and not any((*written, *parts))


@dataclass(frozen=True, slots=True)
class Applied:
    """One product after its writes, with Odoo's state read back."""

    changes: Changes
    template: Template
    links: Mapping[str, int]
    rules: Mapping[int, ExactPrice] = field(default_factory=dict)
    """By `product.product`: the rules that give a variant a price of its own."""
    hold: Hold | None = None
    """What could not be written although the rest was: an image."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Only links to record."""

    record_id: str
    version: datetime | None
    digest: str
    name: str
    links: Mapping[str, int]
    linked: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[int, str] = field(default_factory=dict)
