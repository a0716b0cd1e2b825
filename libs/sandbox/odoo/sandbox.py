"""An Odoo to run against: starts in a thread, is filled from Python, and tells what was done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from libs.sandbox.faults import Faults
from libs.sandbox.journal import Calls, Journal
from libs.sandbox.odoo import books, reading, writing
from libs.sandbox.odoo.app import OdooApp
from libs.sandbox.odoo.database import Database
from libs.sandbox.odoo.env import Env, Registry
from libs.sandbox.odoo.models import build
from libs.sandbox.odoo.models.carrier import DELIVERY
from libs.sandbox.odoo.models.partner import Partner
from libs.sandbox.odoo.models.quantities import MRP
from libs.sandbox.odoo.models.sale import taxes_field, unit_field
from libs.sandbox.odoo.query import search
from libs.sandbox.odoo.rights import rights_of
from libs.sandbox.odoo.rpc import Services
from libs.sandbox.odoo.schema import Version, load_schema
from libs.sandbox.odoo.seed import ADMIN, COMPANY, fill, id_of, put
from libs.sandbox.odoo.speed import OdooSpeed
from libs.sandbox.odoo.stock_side import StockSide
from libs.sandbox.server import HOST, BackgroundServer

DEFAULT_KEY = "sandbox-odoo-key"


class OdooSandbox(StockSide):
    """One database on one server.

    `rounding` is `round_globally`, `round_per_line` or None for what this version's new companies have;
    `taxes=False` leaves out the 15 % sale tax that products have by default; `delivery=True` is with the app
    stock_delivery, which gives pickings a carrier and a tracking reference, `kits=True` with mrp. `speed` makes it as
    slow as a real one, with `workers` requests at a time. The address stays the same over `stop()` and `start()`.
    """

    def __init__(
        self,
        version: Version = "19",
        *,
        rounding: str | None = None,
        company_currency: str = "USD",
        company_country: str = "US",
        company_name: str = "My Company",
        database: str = "sandbox",
        login: str = "admin",
        key: str = DEFAULT_KEY,
        taxes: bool = True,
        delivery: bool = False,
        kits: bool = False,
        speed: OdooSpeed | None = None,
        workers: int = 1,
        host: str = HOST,
        port: int = 0,
    ) -> None:
        self.version: Version = version
        self.database, self.login, self.key = database, login, key
        self.faults, self.journal, self.calls = Faults(), Journal(), Calls()
        schema = load_schema(version, _apps(delivery=delivery, kits=kits))
        models = build(schema, version)
        elsewhere = {(name, field) for name, model in models.items() for field in model.stays_elsewhere()}
        self.registry = Registry(version, schema, Database(schema, self.journal, elsewhere), models)
        fill(
            self.registry,
            currency=company_currency,
            country=company_country,
            company_name=company_name,
            rounding=rounding,
            login=login,
        )
        with self.registry.db.transaction():
            books.open_books(self.env(), COMPANY)
            books.add_terms(self.env())
        self.registry.keys[ADMIN] = (key,)
        self.registry.rights[ADMIN] = None
        if taxes:
            self._default_tax()
        if delivery:
            self.add("ir.module.module", name=DELIVERY, state="installed", shortdesc=DELIVERY)
            self.add_carrier("Standard delivery")
        self.journal.clear()
        services = Services(self.registry, database)
        self.odoo_app = OdooApp(services, self.faults, self.journal, self.calls, speed=speed, workers=workers)
        self.server = BackgroundServer(self.odoo_app.app, host=host, port=port)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def now(self) -> Any:
        """The server's clock, a function without arguments; may be replaced."""
        return self.registry.now

    @now.setter
    def now(self, clock: Any) -> None:
        self.registry.now = clock

    def check_tax_ids(self) -> None:
        """As with the app base_vat, which refuses a tax id that is none."""
        partner = self.registry.models["res.partner"]
        assert isinstance(partner, Partner)  # noqa: S101 - that model is one
        partner.checks_vat = True

    def start(self) -> str:
        return self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def env(self, uid: int = ADMIN, **context: Any) -> Env:
        """For use inside `registry.db.transaction()`."""
        return Env(self.registry, uid, context)

    def add(self, model: str, uid: int = ADMIN, **values: Any) -> int:
        """Creates one record as a user would; x2many fields take commands."""
        with self.registry.db.transaction():
            return writing.create(self.env(uid), model, [values])[0]

    def change(self, model: str, record_id: int, **values: Any) -> None:
        """Changes a record behind the connector's back."""
        with self.registry.db.transaction():
            writing.write(self.env(), model, [record_id], values)

    def delete(self, model: str, record_id: int) -> None:
        with self.registry.db.transaction():
            writing.unlink(self.env(), model, [record_id])

    def find(self, model: str, domain: Sequence[Any] = (), *, archived: bool = False) -> list[dict[str, Any]]:
        """Records as `read` gives them, of all companies."""
        with self.registry.db.lock:
            env = self.env(active_test=not archived)
            rows = search(env, model, list(domain), visible=False)
            return reading.search_read(env, model, rows, None)

    def add_product(
        self,
        *,
        default_code: str | None = None,
        barcode: str | None = None,
        name: str | None = None,
        list_price: float = 1.0,
        taxes: Sequence[int] | None = None,
        active: bool = True,
        type: str = "consu",  # noqa: A002 - Odoo's name for it
        storable: bool = False,
    ) -> int:
        """The id of the `product.product`; `taxes` None means the company's default tax.

        A storable product is delivered from what `set_stock` put there; of another one there is always enough.
        """
        values: dict[str, Any] = {"name": name or default_code or barcode or "Product", "list_price": list_price}
        values |= {"default_code": default_code or False, "barcode": barcode or False, "active": active, "type": type}
        values["is_storable"] = storable
        if taxes is not None:
            values["taxes_id"] = [(6, 0, list(taxes))]
        return self.add("product.product", **values)

    def add_tax(
        self,
        name: str,
        amount: float,
        price_include: bool = False,
        *,
        type_tax_use: str = "sale",
        company_id: int = COMPANY,
        sequence: int = 1,
    ) -> int:
        """A percentage (15.0), on top of prices or included in them."""
        override = "tax_included" if price_include else False  # False: as the company has it, excluded
        values: dict[str, Any] = {"name": name, "amount": amount, "company_id": company_id}
        values["price_include_override"] = override
        return self.add("account.tax", **values, type_tax_use=type_tax_use, sequence=sequence)

    def add_pricelist(self, currency: str, name: str | None = None) -> int:
        """A pricelist in that currency (`EUR`), which becomes active."""
        with self.registry.db.transaction():
            env = self.env()
            currency_id = id_of(env, "res.currency", "name", currency)
            writing.write(env, "res.currency", [currency_id], {"active": True})
            values = {"name": name or currency, "currency_id": currency_id}
            return writing.create(env, "product.pricelist", [values])[0]

    def weigh_in_pounds(self) -> None:
        """As with the system parameter `product.weight_in_lbs`."""
        with self.registry.db.transaction():
            env = self.env()
            env.db.set("res.company", env.company_id or 1, "sandbox_weight_in_lbs", True)

    def set_rate(self, currency: str, rate: float) -> None:
        """So many units of that currency (0.8) for one of the company's, at all times; it becomes active."""
        with self.registry.db.transaction():
            env = self.env()
            currency_id = id_of(env, "res.currency", "name", currency)
            writing.write(env, "res.currency", [currency_id], {"active": True})
            env.db.set("res.currency", currency_id, "sandbox_rate", rate)

    def add_company(
        self, name: str, currency: str = "USD", *, warehouse: bool = True, rounding: str | None = None
    ) -> int:
        """A further company, which the administrator may act for."""
        with self.registry.db.transaction():
            env = self.env()
            values: dict[str, Any] = {"name": name, "currency_id": id_of(env, "res.currency", "name", currency)}
            values["country_id"] = env.db.tables["res.company"][COMPANY]["country_id"]
            if rounding:
                values["tax_calculation_rounding_method"] = rounding
            company = writing.create(env, "res.company", [values])[0]
            if warehouse:
                here = {"name": name, "code": name[:5], "company_id": company}
                writing.create(env.as_superuser(), "stock.warehouse", [here], nested=True)
            books.open_books(env, company)
            return company

    def add_user(
        self,
        login: str,
        key: str,
        rights: str | Mapping[str, str] | None = "sales",
        *,
        companies: Sequence[int] = (COMPANY,),
        tz: str | None = None,
        email: str | None = None,
    ) -> int:
        """A user who signs in with this key; without an `email` one is made up, with an empty one there is none.

        `rights`: None for everything, `plain`, `sales`, `billing` or `store` (all that a store needs) as real groups
        have them, or a mapping of model to a few of the letters `crwd` (create, read, write, delete).
        """
        with self.registry.db.transaction():
            env = self.env()
            address = f"{login.partition('@')[0]}@users.example.com" if email is None else email
            partner = writing.create(env, "res.partner", [{"name": login.capitalize(), "email": address}])[0]
            row = {"login": login, "partner_id": partner, "active": True, "lang": "en_US", "tz": tz or False}
            uid = put(env, "res.users", {**row, "company_id": companies[0], "company_ids": tuple(companies)})
        self.registry.keys[uid] = (key,)
        self.registry.rights[uid] = rights_of(rights)
        return uid

    def replace_key(self, key: str | None, uid: int = ADMIN) -> None:
        """Another key from now on; None: no key is accepted, as after it was revoked."""
        self.registry.keys[uid] = () if key is None else (key,)

    def orders(self, domain: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Every sale order, oldest first, as `read` gives it, with `external_id` and its `lines` likewise.

        Lines name their taxes `tax_ids` and their unit `product_uom_id`, whatever the version.
        """
        with self.registry.db.lock:
            env = self.env(active_test=False)
            rows = search(env, "sale.order", list(domain), order="id", visible=False)
            return [self._order(env, order) for order in reading.search_read(env, "sale.order", rows, None)]

    def invoices(self, order_id: int | None = None) -> list[dict[str, Any]]:
        """Invoices and credit notes, of an order or all, oldest first, with `external_id` and `lines`."""
        with self.registry.db.lock:
            return books.invoices(self.env(active_test=False), order_id)

    def payments(self) -> list[dict[str, Any]]:
        """Every payment, oldest first, as `read` gives it, with `external_id`."""
        with self.registry.db.lock:
            return books.payments(self.env(active_test=False))

    def _order(self, env: Env, order: dict[str, Any]) -> dict[str, Any]:
        lines = reading.read(env.as_superuser(), "sale.order.line", order["order_line"], None, "_classic_read")
        for line in lines:
            line["tax_ids"], line["product_uom_id"] = line[taxes_field(env)], line[unit_field(env)]
        return {**order, "external_id": env.external_id("sale.order", order["id"]), "lines": lines}

    def _default_tax(self) -> None:
        with self.registry.db.transaction():
            put(self.env(), "account.tax.group", {"name": "Tax 15%", "company_id": COMPANY, "sequence": 10})
        tax = self.add_tax("15%", 15.0)
        with self.registry.db.transaction():
            self.registry.db.set("res.company", COMPANY, "account_sale_tax_id", tax)


def _apps(*, delivery: bool, kits: bool) -> frozenset[str]:
    return frozenset({DELIVERY} if delivery else ()) | frozenset({MRP} if kits else ())
