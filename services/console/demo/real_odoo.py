"""A real Odoo for the demo: looked at before, and given what the orders need and it lacks, each thing once.

What is made here carries external ids of the module `tandem_demo`: a second run finds it and makes nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.domain.facts import CompanyFacts, TaxFact
from libs.common.domain.rules import TaxMapping
from libs.common.errors import ConfigurationError, Failure
from libs.common.odoo.cells import Cell
from libs.common.odoo.check import ORDER_MODELS
from libs.common.odoo.client import OdooClient
from libs.common.odoo.external_ids import external_id
from libs.common.odoo.facts import read_facts
from libs.common.odoo.fields import OdooFields, read_fields
from libs.common.stores.model import OdooConnection
from libs.sandbox.shopify.demo_catalog import DemoTax
from libs.sandbox.shopify.drafts import Product
from services.console.checking import odoo_lines
from services.console.demo.needs import PERCENT, Needs
from services.console.demo.odoo_side import Tell
from services.console.far_sides import odoo_client

MODULE = "tandem_demo"
MODELS = {**ORDER_MODELS, "product.product": ("read", "create")}


@dataclass
class RealOdoo:
    """As the command line names it; the company is the user's own."""

    connection: OdooConnection
    real: bool = True

    def start(self) -> OdooConnection:
        """Look at everything first: a demo that stops halfway leaves orders behind."""
        self.connection = self.connection.model_copy(update={"company_id": self._own_company()})
        faults = [line for line in odoo_lines(self.connection, MODELS) if not line.ok]
        if faults:
            raise ConfigurationError([f"{line.what}: {line.detail}. To do: {line.to_do}." for line in faults])
        return self.connection

    def prepare(self, needs: Needs, tell: Tell) -> tuple[TaxMapping, ...]:
        client = odoo_client(self.connection)
        try:
            preparation = _Preparation(client, tell)
            preparation.make(needs)
            return preparation.mappings(needs)
        except Failure as error:
            what = "Odoo refused what the demo's orders need"
            to_do = f"Give {client.login} more rights, or make it by hand."
            raise ConfigurationError([f"{what}: {error}. {to_do}"]) from error
        finally:
            client.close()

    def stop(self) -> None:
        """It is somebody else's."""

    def _own_company(self) -> int:
        """The user's main company; what cannot be found out is told by the look at everything else."""
        client = odoo_client(self.connection)
        try:
            arguments = [[client.authenticate()], ["company_id"]]
            # No company is named yet: Odoo takes the user's own.
            context: dict[str, list[int]] = {"allowed_company_ids": []}
            return int(client.call("res.users", "read", arguments, write=False, context=context)[0]["company_id"][0])
        except (Failure, LookupError, TypeError):
            return self.connection.company_id
        finally:
            client.close()


class _Preparation:
    """Makes what is missing, and tells each thing made."""

    def __init__(self, client: OdooClient, tell: Tell) -> None:
        self._client = client
        self._tell = tell
        self._fields: OdooFields = read_fields(client)
        self._facts: CompanyFacts = read_facts(client, self._fields)

    def make(self, needs: Needs) -> None:
        for tax in needs.taxes:
            if not self._fitting(tax):
                self._tell(self._tax(tax))
        foreign = [code for code in needs.currencies if code != self._facts.currency or self._facts.pricelist_required]
        for code in foreign:
            if code not in self._facts.pricelists:
                self._tell(self._pricelist(code))
        for product in needs.products:
            # The store's rule makes the others on their first sale; which account a gift card goes to it cannot know.
            if product.gift_card and not self._knows(product):
                self._tell(self._gift_card(product))

    def mappings(self, needs: Needs) -> tuple[TaxMapping, ...]:
        """An owner says which of several taxes of a rate is meant; the demo takes the first, as Odoo lists them."""
        rules = []
        for tax in needs.taxes:
            fitting = self._fitting(tax)
            if len(fitting) > 1:
                chosen = next((fact for fact in fitting if fact.name.lower() == tax.name.lower()), fitting[0])
                rate = tax.percent / PERCENT
                rules.append(TaxMapping(rate=rate, tax_id=chosen.id, included=tax.price_include))
                of_them = f"Odoo has {len(fitting)} sale taxes of {tax.percent:f} %"
                self._tell(f"{of_them}; the demo takes {chosen.name!r}. A store's rules say which (taxes).")
        return tuple(rules)

    def _fitting(self, tax: DemoTax) -> list[TaxFact]:
        rate = tax.percent / PERCENT
        return [fact for fact in self._facts.taxes if (fact.rate, fact.included) == (rate, tax.price_include)]

    def _tax(self, tax: DemoTax) -> str:
        inclusion = "included" if tax.price_include else "on top"
        percent = f"{tax.percent:f}"
        name = f"Tandem demo {tax.name} {percent} % {inclusion}"
        key = f"tax_{percent.replace('.', '_')}_{'in' if tax.price_include else 'on'}_{self._client.company_id}"
        values: dict[str, Cell] = {
            "id": external_id(MODULE, key),
            "name": name,
            "amount": tax.percent,
            "amount_type": "percent",
            "type_tax_use": "sale",
            **self._inclusion(tax),
        }
        self._client.load("account.tax", list(values), [list(values.values())])
        return f"Made the sale tax {name!r} in Odoo."

    def _inclusion(self, tax: DemoTax) -> dict[str, Cell]:
        """Odoo 18 computes `price_include` from a field of its own."""
        if "price_include_override" in self._client.fields_get("account.tax", ("type",)):
            return {"price_include_override": "tax_included" if tax.price_include else "tax_excluded"}
        return {"price_include": tax.price_include}

    def _pricelist(self, code: str) -> str:
        found = self._client.search_read(
            "res.currency", [("name", "=", code)], ["active"], context={"active_test": False}
        )
        if not found:
            return f"Odoo does not know the currency {code}; orders in it will be held."
        if not found[0]["active"]:
            # `load` looks for the record as any search does: one that is not active must be asked for.
            archived = {"active_test": False}
            self._client.update("res.currency", [".id", "active"], [[found[0]["id"], True]], context=archived)
        key = external_id(MODULE, f"pricelist_{code.lower()}_{self._client.company_id}")
        row: list[Cell] = [key, f"Tandem demo {code}", found[0]["id"], self._client.company_id]
        self._client.load("product.pricelist", ["id", "name", "currency_id/.id", "company_id/.id"], [row])
        return f"Made a pricelist in {code} in Odoo."

    def _knows(self, product: Product) -> bool:
        domain = ["|", ("default_code", "=", product.sku), ("barcode", "=", product.barcode or product.sku)]
        return bool(self._client.search_read("product.product", domain, ["name"], limit=1))

    def _gift_card(self, product: Product) -> str:
        domain = [("account_type", "=", "liability_current")]
        found = self._client.search_read("account.account", domain, ["name"], limit=1)
        if not found:
            return "Odoo has no account for current liabilities; orders with a gift card will be held."
        account = found[0]
        values: dict[str, Cell] = {
            "id": external_id(MODULE, f"gift_card_{product.variant_id}_{self._client.company_id}"),
            "name": product.title,
            "default_code": product.sku,
            "barcode": product.barcode,
            "list_price": product.price,
            "sale_ok": True,
            **self._fields.service_product,
            "property_account_income_id/.id": account["id"],
        }
        self._client.load("product.product", list(values), [list(values.values())])
        return f"Made the product {product.title!r} in Odoo, booked as {account['name']!r}."
