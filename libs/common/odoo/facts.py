"""The reference data of a store's company, read in a few calls and kept for minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from libs.common.domain.facts import ROUND_GLOBALLY, CompanyFacts, JournalFact, PricelistFact, TaxFact, TermFact
from libs.common.errors import Rejected
from libs.common.odoo.client import OdooClient
from libs.common.odoo.fields import OdooFields, read_fields
from libs.common.odoo.templates import read_weight_unit
from libs.common.odoo.terms import read_terms

TTL_SECONDS = 600.0


class FactsCache:
    """The fields and facts of one client's company. Threads may share one; a burst reads them once."""

    def __init__(
        self, client: OdooClient, *, ttl_seconds: float = TTL_SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._ttl_seconds = ttl_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._fields: OdooFields | None = None
        self._facts: CompanyFacts | None = None
        self._read_at = 0.0
        self._journals: Mapping[int, JournalFact] | None = None
        self._journals_read_at = 0.0
        self._terms: tuple[TermFact, ...] | None = None
        self._terms_read_at = 0.0
        self._languages: tuple[str, ...] | None = None
        self._languages_read_at = 0.0
        self._weight_unit: str | None = None
        self._currency: str | None = None
        self._currency_read_at = 0.0

    def fields(self) -> OdooFields:
        """What this server calls things; kept as long as the facts, which are left unread where nobody asks them."""
        with self._lock:
            if self._fields is None:
                self._fields, self._read_at = read_fields(self._client), self._monotonic()
            elif self._monotonic() - self._read_at > self._ttl_seconds:
                self._fields, self._facts, self._read_at = read_fields(self._client), None, self._monotonic()
            return self._fields

    def facts(self) -> CompanyFacts:
        """At most `ttl_seconds` old."""
        return self._both()[1]

    def drop(self) -> None:
        """Read anew at the next question: after a tag was made, or when a tax was not found."""
        with self._lock:
            self._facts = None
            self._journals = None
            self._terms = None

    def journals(self, *, older_than_seconds: float = TTL_SECONDS) -> Mapping[int, JournalFact]:
        """The company's journals by id, at most so old; asked for only by what books payments."""
        with self._lock:
            if self._journals is None or self._monotonic() - self._journals_read_at > older_than_seconds:
                self._journals = {journal.id: journal for journal in _journals(self._client)}
                self._journals_read_at = self._monotonic()
            return self._journals

    def terms(self, *, older_than_seconds: float = TTL_SECONDS) -> tuple[TermFact, ...]:
        """The payment terms, at most so old; asked for only by orders that have terms."""
        with self._lock:
            if self._terms is None or self._monotonic() - self._terms_read_at > older_than_seconds:
                self._terms, self._terms_read_at = read_terms(self._client), self._monotonic()
            return self._terms

    def languages(self) -> tuple[str, ...]:
        """Codes of the installed languages (`de_DE`); asked for only by what keeps contacts."""
        with self._lock:
            if self._languages is None or self._monotonic() - self._languages_read_at > self._ttl_seconds:
                found = self._client.search_read("res.lang", [("active", "=", True)], ["code"])
                self._languages = tuple(str(language["code"]) for language in found)
                self._languages_read_at = self._monotonic()
            return self._languages

    def weight_unit(self) -> str:
        """`KILOGRAMS` or `POUNDS`: in what products are weighed; asked for only by what makes products."""
        with self._lock:
            if self._weight_unit is None:
                self._weight_unit = read_weight_unit(self._client)
            return self._weight_unit or "KILOGRAMS"

    def currency(self) -> str:
        """`USD`: the company's own; one call. Asked for only by what has prices."""
        with self._lock:
            if self._currency is None or self._monotonic() - self._currency_read_at > self._ttl_seconds:
                self._currency = str(_company(self._client)["currency_id"][1])
                self._currency_read_at = self._monotonic()
            return self._currency

    def fresh(self, *, older_than_seconds: float) -> CompanyFacts:
        """Read anew unless they were read within these seconds: something looked for may just have been made."""
        with self._lock:
            if self._monotonic() - self._read_at > older_than_seconds:
                self._facts = None
        return self.facts()

    def _both(self) -> tuple[OdooFields, CompanyFacts]:
        with self._lock:
            expired = self._monotonic() - self._read_at > self._ttl_seconds
            if self._fields is None or expired:
                self._fields, self._facts = read_fields(self._client), None
            if self._facts is None:
                self._facts = read_facts(self._client, self._fields)
                self._read_at = self._monotonic()
            return self._fields, self._facts


def read_facts(client: OdooClient, fields: OdooFields) -> CompanyFacts:
    """Seven calls. Raises Rejected when the company cannot be read."""
    company = _company(client)
    currencies = client.search_read("res.currency", [], ["name", "decimal_places"])
    by_id = {c["id"]: str(c["name"]) for c in currencies}
    countries = client.search_read("res.country", [], ["code"])
    codes = {c["id"]: str(c["code"]) for c in countries if c["code"]}
    states = client.search_read("res.country.state", [], ["code", "country_id"])
    pricelists = _pricelists(client, by_id)
    default_tax = company["account_sale_tax_id"]
    country = company["country_id"]
    return CompanyFacts(
        currency=by_id.get(company["currency_id"][0], str(company["currency_id"][1])),
        rounding=str(company["tax_calculation_rounding_method"] or ROUND_GLOBALLY),
        price_digits=fields.price_digits,
        taxes=_taxes(client, fields),
        pricelists=_first((p.currency, p.id) for p in pricelists),
        countries={code: country_id for country_id, code in codes.items()},
        states={(codes[s["country_id"][0]], str(s["code"])): s["id"] for s in states if s["country_id"][0] in codes},
        tags=_tags(client) if fields.order_tags else {},
        default_tax_ids=(default_tax[0],) if default_tax else (),
        currencies={str(c["name"]): int(c["decimal_places"]) for c in currencies},
        currency_ids={str(c["name"]): int(c["id"]) for c in currencies},
        country=codes.get(country[0], "") if country else "",
        pricelist_required=fields.pricelist_required,
        all_pricelists=pricelists,
    )


def _company(client: OdooClient) -> dict[str, Any]:
    names = ["name", "currency_id", "tax_calculation_rounding_method", "account_sale_tax_id", "country_id"]
    found = client.search_read("res.company", [("id", "=", client.company_id)], names)
    if not found:
        message = f"the Odoo user sees no company {client.company_id}"
        raise Rejected(message, "odoo", "access", "allow this company to the user, or change the store's company_id")
    return found[0]


def _taxes(client: OdooClient, fields: OdooFields) -> tuple[TaxFact, ...]:
    """Percentages only: a fixed amount or a group has no rate to be found by."""
    domain = [
        ("type_tax_use", "=", "sale"),
        ("amount_type", "=", "percent"),
        ("active", "=", True),
        "|",
        ("company_id", "=", client.company_id),
        ("company_id", "parent_of", [client.company_id]),
    ]
    names = ["name", "amount", "sequence", *(["price_include"] if fields.tax_price_include else [])]
    found = client.search_read("account.tax", domain, names, order="sequence, id")
    return tuple(
        TaxFact(t["id"], str(t["name"]), tax_rate(t["amount"]), bool(t.get("price_include")), int(t["sequence"]))
        for t in found
    )


def tax_rate(percent: float) -> Decimal:
    """8.875 as Odoo gives it (a float of four decimals) is the fraction 0.08875, exactly."""
    return (Decimal(repr(percent)).quantize(Decimal("0.0001")) / 100).normalize() + Decimal(0)


def _pricelists(client: OdooClient, currencies: dict[int, str]) -> tuple[PricelistFact, ...]:
    domain = [("active", "=", True), ("company_id", "in", [False, client.company_id])]
    found = client.search_read("product.pricelist", domain, ["name", "currency_id"])
    return tuple(
        PricelistFact(p["id"], str(p["name"]), currencies.get(p["currency_id"][0], str(p["currency_id"][1])))
        for p in found
    )


def _journals(client: OdooClient) -> list[JournalFact]:
    """Archived ones too, so that their use can be told apart from a wrong id; another company's are not shown."""
    domain = [("company_id", "parent_of", [client.company_id])]
    found = client.search_read("account.journal", domain, ["name", "type", "active"], context={"active_test": False})
    return [JournalFact(j["id"], str(j["name"]), str(j["type"]), bool(j["active"])) for j in found]


def _tags(client: OdooClient) -> dict[str, int]:
    return _first((str(tag["name"]), tag["id"]) for tag in client.search_read("crm.tag", [], ["name"]))


def _first(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The first id of each name: records come oldest first."""
    found: dict[str, int] = {}
    for name, record_id in pairs:
        found.setdefault(name, record_id)
    return found
