"""What a store's owner decided: the rules a plan goes by. Read from the store's YAML, kept in `stores`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from libs.common.domain.rules_customers import CustomerRules
from libs.common.domain.rules_inventory import InventoryRules
from libs.common.domain.rules_products import ProductRules


class MissingProduct(StrEnum):
    """What to do with an order line whose product Odoo does not have."""

    HOLD = "hold"
    PLACEHOLDER = "placeholder"
    CREATE = "create"


class HandlingOfTestOrders(StrEnum):
    """What to do with orders that Shopify marks as tests."""

    IMPORT = "import"
    IGNORE = "ignore"


class Until(StrEnum):
    """How far an order goes in Odoo; each step has those before it."""

    QUOTATION = "quotation"
    CONFIRMED = "confirmed"
    INVOICED = "invoiced"
    PAID = "paid"

    @property
    def confirms(self) -> bool:
        return self is not Until.QUOTATION

    @property
    def invoices(self) -> bool:
        return self in {Until.INVOICED, Until.PAID}

    @property
    def registers_payments(self) -> bool:
        return self is Until.PAID


class CurrencyChoice(StrEnum):
    """Which of an order's two moneys goes to Odoo."""

    SHOP = "shop"
    PRESENTMENT = "presentment"


class Posting(StrEnum):
    """Whether a credit note is posted, or left as a draft for a person."""

    POSTED = "posted"
    DRAFT = "draft"


class FromShopify(StrEnum):
    """What becomes of a fulfillment that was made elsewhere than in Odoo."""

    IGNORE = "ignore"
    VALIDATE = "validate"


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaxMapping(_Rules):
    """A Shopify tax and the Odoo tax that stands for it; goes before finding one by its rate."""

    rate: Decimal = Field(ge=0, le=1, description="as Shopify writes it: 0.2 for 20 %")
    tax_id: int = Field(gt=0, description="database id of the account.tax")
    title: str | None = Field(default=None, description="only for taxes of this title; any title when left out")
    included: bool | None = Field(default=None, description="only when prices include tax (or not); both when left out")


class ImportRules(_Rules):
    """Which orders come to Odoo. An order that a rule leaves out comes in when a later change satisfies it."""

    financial_status: tuple[str, ...] = Field(default=(), description="only these (paid, pending, …); all when empty")
    fulfillment_status: tuple[str, ...] = Field(default=(), description="only these (unfulfilled, …); all when empty")
    sources: tuple[str, ...] = Field(default=(), description="only from these (web, pos, …); all when empty")
    except_sources: tuple[str, ...] = Field(default=(), description="none from these")
    tags: tuple[str, ...] = Field(default=(), description="only with one of these tags; all when empty")
    except_tags: tuple[str, ...] = Field(default=(), description="none with one of these tags")
    placed_from: AwareDatetime | None = Field(default=None, description="none that was placed before")

    @model_validator(mode="before")
    @classmethod
    def _date(cls, values: Any) -> Any:
        """A day in the file (`2026-01-01`) is its beginning, UTC."""
        if isinstance(values, dict) and values.get("placed_from") is not None:
            text = str(values["placed_from"])
            if len(text) == len("2026-01-01"):
                return {**values, "placed_from": f"{text}T00:00:00Z"}
            if isinstance(values["placed_from"], datetime) and values["placed_from"].tzinfo is None:
                return {**values, "placed_from": f"{values['placed_from'].isoformat()}Z"}
        return values


class FulfillmentRules(_Rules):
    """Deliveries, both ways."""

    to_shopify: bool = Field(default=True, description="a done delivery in Odoo becomes a fulfillment in Shopify")
    notify_customer: bool = Field(default=False, description="Shopify writes to the customer about it")
    from_shopify: FromShopify = FromShopify.IGNORE
    locations: dict[int, str] = Field(
        default_factory=dict, description="warehouse id in Odoo to location id in Shopify"
    )
    carriers: dict[str, str] = Field(
        default_factory=dict, description="carrier's name in Odoo to Shopify's name for it"
    )


class StoreRules(_Rules):
    """The order rules of one store. Ids are database ids in that store's Odoo; one left out is found or made."""

    orders: ImportRules = Field(default_factory=ImportRules)
    until: Until = Until.CONFIRMED
    currency: CurrencyChoice = CurrencyChoice.SHOP
    missing_product: MissingProduct = MissingProduct.HOLD
    placeholder_product_id: int | None = Field(default=None, gt=0)
    custom_product_id: int | None = Field(default=None, gt=0, description="carries custom lines")
    shipping_product_id: int | None = Field(default=None, gt=0)
    tip_product_id: int | None = Field(default=None, gt=0)
    duty_product_id: int | None = Field(default=None, gt=0)
    fee_product_id: int | None = Field(default=None, gt=0)
    gift_card_product_id: int | None = Field(default=None, gt=0, description="books sold gift cards as a liability")
    rounding_product_id: int | None = Field(default=None, gt=0, description="carries differences of rounding")
    adjustment_product_id: int | None = Field(default=None, gt=0, description="carries adjustments of refunds")
    rounding_tolerance: Decimal = Field(
        default=Decimal("0.05"), ge=0, le=1, description="most a rounding line may come to, in units of the currency"
    )
    generic_customer_id: int | None = Field(default=None, gt=0)
    taxes: tuple[TaxMapping, ...] = ()
    pricelists: dict[str, int] = Field(default_factory=dict, description="currency code to pricelist id")
    payment_terms: dict[str, int] = Field(
        default_factory=dict, description="name in Shopify to account.payment.term id"
    )
    journals: dict[str, int] = Field(default_factory=dict, description="payment gateway to account.journal id")
    credit_notes: Posting = Posting.POSTED
    restock: bool = Field(default=True, description="restocked units come back as a return of the delivery")
    fulfillments: FulfillmentRules = Field(default_factory=FulfillmentRules)
    inventory: InventoryRules = Field(default_factory=InventoryRules)
    customers: CustomerRules = Field(default_factory=CustomerRules)
    products: ProductRules = Field(default_factory=ProductRules)
    test_orders: HandlingOfTestOrders = HandlingOfTestOrders.IMPORT
