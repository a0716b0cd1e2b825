"""The same tests against the sandbox and, when `TANDEM_TEST_ODOO_URL`, `_DB`, `_LOGIN` and `_KEY` are set, a real Odoo.

They make what they need under names of their own and count on nothing but the apps sale_management, stock,
account and contacts.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest

from libs.common.domain.facts import CompanyFacts
from libs.common.domain.rules import StoreRules
from libs.common.odoo.client import OdooClient
from libs.common.odoo.external_ids import find_external_id
from libs.common.odoo.facts import FactsCache
from libs.common.odoo.fields import OdooFields
from libs.sandbox.odoo.sandbox import OdooSandbox
from services.workers.context import StoreContext

if TYPE_CHECKING:
    from tests.contract.odoo.depot import Depot
    from tests.contract.odoo.life import Life

MODULE = "tandem_contract"
PARTS = ("URL", "DB", "LOGIN", "KEY")


@dataclass
class Access:
    """How to reach the server under test."""

    url: str
    database: str
    login: str
    key: str
    sandbox: OdooSandbox | None = None
    clients: list[OdooClient] = field(default_factory=list)

    def client(self, **changes: Any) -> OdooClient:
        options = {"database": self.database, "login": self.login, "key": self.key, "company_id": 1, **changes}
        client = OdooClient(options.pop("base_url", self.url), **options)
        self.clients.append(client)
        return client


REAL = [os.environ.get(f"TANDEM_TEST_ODOO_{part}", "") for part in PARTS]


@pytest.fixture(scope="session", params=["sandbox 18", "sandbox 19", *(["real"] if all(REAL) else [])])
def access(request: pytest.FixtureRequest) -> Iterator[Access]:
    with ExitStack() as stack:
        if request.param == "real":
            url, database, login, key = REAL
            access = Access(url, database, login, key)
        else:
            sandbox = stack.enter_context(OdooSandbox("18" if request.param.endswith("18") else "19", kits=True))
            access = Access(sandbox.url, sandbox.database, sandbox.login, sandbox.key, sandbox)
        yield access
        for client in access.clients:
            client.close()


@dataclass
class Lab:
    """A client with what the tests of one run share: a product, a customer, taxes."""

    access: Access
    client: OdooClient
    fields: OdooFields
    facts: CompanyFacts
    product: int
    customer: int

    def new(self, what: str) -> str:
        """A name nobody has yet."""
        return f"{what}_{uuid.uuid4().hex[:12]}"

    def external(self, what: str) -> str:
        return f"{MODULE}.{self.new(what)}"

    def tax(self, percent: str, *, included: bool = False) -> int:
        """A new sale tax of this company; how "included" is said changed with 18."""
        override = "price_include_override" in self.client.fields_get("account.tax")
        how: dict[str, Any] = {"price_include": included}
        if override:
            how = {"price_include_override": "tax_included" if included else "tax_excluded"}
        values = {"name": self.new("tax"), "amount": float(percent), "amount_type": "percent", "type_tax_use": "sale"}
        (tax_id,) = self.client.call("account.tax", "create", [[{**values, **how}]], write=True)
        return int(tax_id)

    @property
    def order_columns(self) -> list[str]:
        line = ["id", "product_id/.id", "name", "product_uom_qty", "price_unit", f"{self.fields.line_taxes}/.id"]
        return ["id", "partner_id/.id", *(f"order_line/{column}" for column in line)]

    def order_rows(self, external: str, lines: list[tuple[str, str, str]]) -> list[list[Any]]:
        """Rows of one order; a line is (quantity, unit price, tax ids with commas)."""
        rows: list[list[Any]] = []
        for number, (quantity, price, taxes) in enumerate(lines):
            head = [external, self.customer] if number == 0 else ["", ""]
            line = [f"{external}_{number}", self.product, f"line {number}", Decimal(quantity), Decimal(price), taxes]
            rows.append([*head, *line])
        return rows

    def order(self, lines: list[tuple[str, str, str]]) -> int:
        rows = self.order_rows(self.external("order"), lines)
        return self.client.load("sale.order", self.order_columns, rows).ids[0]

    def read_order(self, order_id: int) -> dict[str, Any]:
        line: dict[str, Any] = {
            "price_unit": {},
            "product_uom_qty": {},
            "price_total": {},
            "name": {},
            self.fields.line_taxes: {},
        }
        specification: dict[str, Any] = {
            name: {}
            for name in ("name", "state", "date_order", "amount_total", "amount_tax", "tag_ids", "pricelist_id")
        }
        specification["order_line"] = {"fields": line}
        (order,) = self.client.web_read("sale.order", [order_id], specification)
        return order


def store_of(client: OdooClient, rules: StoreRules | None = None) -> StoreContext:
    """A store whose shop and ledger nobody asks."""
    nobody = cast("Any", None)
    return StoreContext("acme", MODULE, rules or StoreRules(), nobody, client, FactsCache(client), nobody)


@pytest.fixture(scope="session")
def lab(access: Access) -> Lab:
    client = access.client()
    cache = FactsCache(client)
    name = uuid.uuid4().hex[:12]
    (product,) = client.load("product.product", ["id", "name"], [[f"{MODULE}.product_{name}", f"product {name}"]]).ids
    (customer,) = client.load("res.partner", ["id", "name"], [[f"{MODULE}.customer_{name}", f"customer {name}"]]).ids
    return Lab(access, client, cache.fields(), cache.facts(), product, customer)


@pytest.fixture
def depot(lab: Lab) -> Depot:
    from tests.contract.odoo.depot import Depot

    return Depot(lab)


@pytest.fixture(scope="module")
def shared(access: Access, lab: Lab) -> Iterator[Life]:
    from tests.contract.odoo.life import open_life

    with open_life(access, lab) as life:
        yield life


@pytest.fixture
def life(shared: Life) -> Life:
    """All workers between a shop of the sandbox and this Odoo, by the usual rules."""
    shared.rules()
    return shared


@pytest.fixture
def limited(access: Access, lab: Lab) -> Callable[[], OdooClient]:
    """A client of a user who may see contacts and little else."""

    def make() -> OdooClient:
        login = lab.new("limited")
        if access.sandbox is not None:
            access.sandbox.add_user(login, f"{login}-password", "plain")
            return access.client(login=login, key=f"{login}-password")
        _, group = find_external_id(lab.client, "base", "group_user") or ("", 0)
        groups = "group_ids" if "group_ids" in lab.client.fields_get("res.users") else "groups_id"
        values = {"name": login, "login": login, "password": f"{login}-password", groups: [[6, 0, [group]]]}
        lab.client.call("res.users", "create", [[values]], write=True)
        return access.client(login=login, key=f"{login}-password")

    return make
