"""The Odoo of a demo: one in this process that answers over HTTP, or a real one that the user names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from libs.common.domain.rules import MissingProduct, TaxMapping
from libs.common.stores.model import OdooConnection
from libs.sandbox.odoo import OdooSandbox
from services.console.demo.needs import Needs

Tell = Callable[[str], None]


class OdooSide(Protocol):
    """What the demo asks of either."""

    real: bool

    def start(self) -> OdooConnection:
        """Ready to be asked. Raises ConfigurationError, with a sentence for each thing that is not as it must be."""
        ...

    def prepare(self, needs: Needs, tell: Tell) -> tuple[TaxMapping, ...]:
        """Make what is missing of these; the store's rule for each tax that Odoo has several of."""
        ...

    def stop(self) -> None: ...


def missing_product_rule(*, real: bool, own_orders: bool) -> MissingProduct:
    """Where the demo knows the products it seeds them; elsewhere what the orders need is made."""
    return MissingProduct.CREATE if real or own_orders else MissingProduct.HOLD


@dataclass
class SandboxOdoo:
    """A fresh one each time; seeded directly, as an owner would have filled it long ago."""

    real: bool = False

    def __post_init__(self) -> None:
        self._odoo = OdooSandbox(taxes=False, delivery=True)

    def start(self) -> OdooConnection:
        self._odoo.start()
        return OdooConnection.model_validate(
            {"url": self._odoo.url, "database": self._odoo.database, "login": self._odoo.login, "key": self._odoo.key}
        )

    def prepare(self, needs: Needs, tell: Tell) -> tuple[TaxMapping, ...]:
        for tax in needs.taxes:
            self._odoo.add_tax(tax.name, float(tax.percent), tax.price_include)
        for currency in needs.currencies:
            try:
                self._odoo.add_pricelist(currency)
            except LookupError:
                tell(f"The sandbox Odoo does not know the currency {currency}; orders in it will be held.")
        for product in needs.products:
            self._odoo.add_product(
                default_code=product.sku,
                barcode=product.barcode,
                name=product.title,
                list_price=float(product.price),
                type="consu" if product.requires_shipping else "service",
            )
        for name, email in needs.partners:
            self._odoo.add("res.partner", name=name, email=email)
        return ()

    def stop(self) -> None:
        self._odoo.stop()
