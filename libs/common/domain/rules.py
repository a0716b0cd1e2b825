"""What a store's owner decided: the rules a plan goes by. Read from the store's YAML, kept in `stores`."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class MissingProduct(StrEnum):
    """What to do with an order line whose product Odoo does not have."""

    HOLD = "hold"
    PLACEHOLDER = "placeholder"
    CREATE = "create"


class HandlingOfTestOrders(StrEnum):
    """What to do with orders that Shopify marks as tests."""

    IMPORT = "import"
    IGNORE = "ignore"


class TaxMapping(BaseModel):
    """A Shopify tax and the Odoo tax that stands for it; goes before finding one by its rate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Decimal = Field(ge=0, le=1, description="as Shopify writes it: 0.2 for 20 %")
    tax_id: int = Field(gt=0, description="database id of the account.tax")
    title: str | None = Field(default=None, description="only for taxes of this title; any title when left out")
    included: bool | None = Field(default=None, description="only when prices include tax (or not); both when left out")


class StoreRules(BaseModel):
    """The order rules of one store. Ids are database ids in that store's Odoo; one left out is found or made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    missing_product: MissingProduct = MissingProduct.HOLD
    placeholder_product_id: int | None = Field(default=None, gt=0)
    custom_product_id: int | None = Field(default=None, gt=0, description="carries custom lines")
    shipping_product_id: int | None = Field(default=None, gt=0)
    generic_customer_id: int | None = Field(default=None, gt=0)
    taxes: tuple[TaxMapping, ...] = ()
    pricelists: dict[str, int] = Field(default_factory=dict, description="currency code to pricelist id")
    test_orders: HandlingOfTestOrders = HandlingOfTestOrders.IMPORT
