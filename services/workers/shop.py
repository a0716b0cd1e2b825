"""A store's Shopify, as the rooms ask it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.common.domain.customers import ShopCustomer
from libs.common.domain.fulfillments import Fulfillment, OrderFulfillments, Tracking
from libs.common.domain.linking import Coded
from libs.common.domain.orders import Address, Order, Side
from libs.common.domain.products import Product
from libs.common.domain.refunds import Refund
from libs.common.domain.transactions import Transaction
from libs.common.shopify import customers
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.companies import BusinessShop
from libs.common.shopify.fulfillments import (
    NewFulfillment,
    create_fulfillment,
    fetch_fulfillments,
    fetch_order_fulfillments,
    update_tracking,
)
from libs.common.shopify.images import fetch_image, upload_image
from libs.common.shopify.orders import fetch_orders
from libs.common.shopify.product_writes import fetch_variants, find_variants, set_product, update_variants
from libs.common.shopify.products import fetch_currency, fetch_media, fetch_products
from libs.common.shopify.refunds import fetch_refunds
from libs.common.shopify.stock_shop import StockShop
from libs.common.shopify.transactions import fetch_transactions


@dataclass
class Shop:
    """One store's; each method names the function that it stands for."""

    client: ShopifyClient
    stock: StockShop
    _currency: str = ""

    def currency(self) -> str:
        if not self._currency:
            self._currency = fetch_currency(self.client)
        return self._currency

    def orders(self, ids: Sequence[str], sides: Mapping[str, Side]) -> Mapping[str, Order]:
        return fetch_orders(self.client, ids, sides)

    def transactions(
        self, ids: Sequence[str], sides: Mapping[str, Side], side: Side = "shop"
    ) -> Mapping[str, Transaction]:
        return fetch_transactions(self.client, ids, sides, side=side)

    def refunds(self, ids: Sequence[str], sides: Mapping[str, Side], side: Side = "shop") -> Mapping[str, Refund]:
        return fetch_refunds(self.client, ids, sides, side=side)

    def fulfillments(self, ids: Sequence[str]) -> Mapping[str, Fulfillment]:
        return fetch_fulfillments(self.client, ids)

    def order_fulfillments(self, order_ids: Sequence[str]) -> Mapping[str, OrderFulfillments]:
        return fetch_order_fulfillments(self.client, order_ids)

    def create_fulfillment(self, new: NewFulfillment) -> str:
        return create_fulfillment(self.client, new)

    def products(self, ids: Sequence[str]) -> Mapping[str, Product]:
        return fetch_products(self.client, ids)

    def image(self, url: str) -> bytes:
        return fetch_image(url)

    def media(self, product_id: str) -> Mapping[str, str]:
        return fetch_media(self.client, product_id)

    def upload(self, name: str, content: bytes) -> str:
        return upload_image(self.client, name, content)

    def variants(self, ids: Sequence[str]) -> Mapping[str, Coded]:
        return fetch_variants(self.client, ids)

    def find_variants(self, skus: Collection[str], barcodes: Collection[str]) -> Sequence[Coded]:
        return find_variants(self.client, skus, barcodes)

    def set_product(self, identifier: Mapping[str, str], values: Mapping[str, Any]) -> str:
        return set_product(self.client, identifier, values)

    def update_variants(self, product_id: str, variants: Sequence[Mapping[str, Any]]) -> None:
        update_variants(self.client, product_id, variants)

    def set_variant(self, variant_id: str, values: Mapping[str, Any]) -> None:
        self.stock.rest.set_variant(variant_id, values)

    def update_tracking(self, fulfillment_id: str, tracking: Sequence[Tracking], *, notify: bool) -> None:
        update_tracking(self.client, fulfillment_id, tracking, notify=notify)

    def customers(self, ids: Sequence[str]) -> Mapping[str, ShopCustomer]:
        return customers.fetch_customers(self.client, ids)

    @property
    def business(self) -> BusinessShop:
        return BusinessShop(self.client)

    def find_customer(self, *, email: str = "", phone: str = "") -> str | None:
        return customers.find_customer(self.client, email=email, phone=phone)

    def set_customer(self, identifier: Mapping[str, str], values: Mapping[str, str]) -> str:
        return customers.set_customer(self.client, identifier, values)

    def create_address(self, customer_id: str, address: Address, *, default: bool) -> None:
        customers.create_address(self.client, customer_id, address, default=default)

    def set_default_address(self, customer_id: str, address_id: str) -> None:
        customers.set_default_address(self.client, customer_id, address_id)

    def set_consent(self, customer_id: str, kind: str, *, given: bool, at: datetime) -> None:
        customers.set_consent(self.client, customer_id, kind, given=given, at=at)
