"""A product with its variants, as each side has it. Amounts are texts until a plan has looked at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

#: Kilograms in one of Shopify's units.
KILOGRAMS: Mapping[str, Decimal] = {
    "KILOGRAMS": Decimal(1),
    "GRAMS": Decimal("0.001"),
    "POUNDS": Decimal("0.45359237"),
    "OUNCES": Decimal("0.028349523125"),
}
ARCHIVED = "ARCHIVED"
#: What Shopify calls the one option, and its value, of a product without options.
NO_OPTION = ("Title", "Default Title")


@dataclass(frozen=True, slots=True)
class Image:
    """One picture; where its content is replaced under the same `id`, the address is another."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One sellable variant of Shopify's."""

    id: str
    sku: str
    barcode: str
    price: str
    """As Shopify writes it: `19.99`."""
    options: tuple[tuple[str, str], ...] = ()
    """(`Size`, `M`) in the product's order; none for a product without options."""
    compare_at: str = ""
    cost: str = ""
    """"" when it is not kept."""
    weight: Decimal = Decimal(0)
    weight_unit: str = "KILOGRAMS"
    hs_code: str = ""
    requires_shipping: bool = True
    tracked: bool = True
    """Whether its stock is counted; told to Shopify when it is made, and not asked."""
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One product of Shopify's, complete."""

    id: str
    title: str
    status: str
    """`ACTIVE`, `DRAFT`, `ARCHIVED`, `UNLISTED`"""
    updated_at: datetime
    description_html: str = ""
    vendor: str = ""
    type: str = ""
    tags: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    image: Image | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The names of its options."""
        return tuple(name for name, _ in self.variants[0].options) if self.variants else ()


@dataclass(frozen=True, slots=True)
class TemplateValue:
    """A value that a template has of an attribute (`product.template.attribute.value`)."""

    id: int
    value_id: int
    name: str
    price_extra: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """An attribute of a template (`product.template.attribute.line`)."""

    id: int
    attribute_id: int
    attribute: str
    values: tuple[TemplateValue, ...] = ()


@dataclass(frozen=True, slots=True)
class OdooVariant:
    """A `product.product`."""

    id: int
    default_code: str = ""
    barcode: str = ""
    cost: Decimal = Decimal(0)
    weight: Decimal = Decimal(0)
    """In the unit of its template."""
    active: bool = True
    values: frozenset[int] = frozenset()
    """Ids of its `product.template.attribute.value`s."""
    price: Decimal = Decimal(0)
    """`lst_price`: the template's price and what its values add."""
    image: str = ""
    """A digest of its own picture; "" where it shows its template's."""


@dataclass(frozen=True, slots=True)
class ExactPrice:
    """A rule of a pricelist (`product.pricelist.item`) that is for one variant alone."""

    rule_id: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Template:
    """A `product.template` with its variants, archived ones too."""

    id: int
    name: str
    active: bool
    list_price: Decimal
    category: str = ""
    tags: frozenset[str] = frozenset()
    hs_code: str = ""
    compare_at: Decimal = Decimal(0)
    lines: tuple[TemplateLine, ...] = ()
    variants: tuple[OdooVariant, ...] = ()
    write_date: datetime | None = None
    sale_ok: bool = True
    kind: str = "consu"
    """`consu`, `service`, `combo`; `product` before 18."""
    stored: bool = False
    """Whether Odoo counts its stock."""
    description: str = ""
    categories: tuple[int, ...] = ()
    """Ids of its category and of those above it, the highest first."""
    image: str = ""
    """A digest of its picture; "" without one."""
    weight_unit: str = "KILOGRAMS"
    """`KILOGRAMS`, or `POUNDS` where the whole database weighs in those."""
    optional: frozenset[str] = field(default_factory=frozenset)
    """Fields that only some servers have, of those that are used: `hs_code`, `compare_list_price`."""

    def variant(self, variant_id: int) -> OdooVariant | None:
        return next((one for one in self.variants if one.id == variant_id), None)

    def options_of(self, variant: OdooVariant) -> dict[str, str]:
        """`{"Size": "M"}`"""
        return {
            line.attribute: value.name for line in self.lines for value in line.values if value.id in variant.values
        }
