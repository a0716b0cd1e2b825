from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.facts import JournalFact
from libs.common.errors import Rejected
from libs.common.odoo.cells import cell, ids_cell, odoo_datetime, parse_datetime
from libs.common.odoo.facts import FactsCache, read_facts, tax_rate
from libs.common.odoo.fields import read_fields
from tests.unit.http.scripted import Reply, Request, scripted
from tests.unit.odoo.test_errors import client_of, result

LINE = {"price_unit": {"digits": [16, 2]}, "product_uom_qty": {"digits": [16, 3]}, "tax_id": {}, "product_uom": {}}
LINE_19 = {"price_unit": {"digits": False}, "product_uom_qty": {"digits": [16, 2]}, "tax_ids": {}, "product_uom_id": {}}
GOODS = {"type": {"selection": [["consu", "Goods"], ["service", "Service"]]}, "is_storable": {}}
GOODS_17 = {
    "detailed_type": {"selection": [["consu", ""], ["service", ""], ["product", ""]]},
    "type": {"selection": []},
}

RECORDS: dict[str, list[dict[str, Any]]] = {
    "res.company": [
        {
            "id": 1,
            "name": "Acme",
            "currency_id": [3, "EUR"],
            "tax_calculation_rounding_method": "round_globally",
            "account_sale_tax_id": [9, "20%"],
            "country_id": [75, "France"],
        }
    ],
    "res.currency": [{"id": 3, "name": "EUR", "decimal_places": 2}, {"id": 4, "name": "JPY", "decimal_places": 0}],
    "res.country": [{"id": 75, "code": "FR"}, {"id": 233, "code": "US"}, {"id": 9, "code": False}],
    "res.country.state": [
        {"id": 1, "code": "KY", "country_id": [233, "United States"]},
        {"id": 2, "code": "X", "country_id": [9, "Nowhere"]},
    ],
    "account.tax": [
        {"id": 9, "name": "20%", "amount": 20.0, "sequence": 1, "price_include": False},
        {"id": 10, "name": "8.875%", "amount": 8.875, "sequence": 2, "price_include": True},
    ],
    "product.pricelist": [
        {"id": 2, "name": "Default", "currency_id": [3, "EUR"]},
        {"id": 5, "name": "Retail", "currency_id": [3, "EUR"]},
    ],
    "crm.tag": [{"id": 1, "name": "vip"}],
}


class FakeOdoo:
    def __init__(self, fields: dict[str, Any], version: int = 19) -> None:
        self.fields = fields
        self.version = version
        self.records = RECORDS
        self.calls: list[str] = []

    def __call__(self, request: Request) -> Reply:
        params = request.json["params"]
        if params["method"] == "version":
            return result({"server_version_info": [self.version, 0, 0, "final", 0, ""]})
        if params["service"] == "common":
            return result(7)
        model, method = params["args"][3:5]
        self.calls.append(f"{model}.{method}")
        return result(self.fields.get(model, {}) if method == "fields_get" else self.records[model])


def fields_of(line: dict[str, Any], product: dict[str, Any]) -> dict[str, Any]:
    return {
        "sale.order.line": line,
        "sale.order": {"pricelist_id": {"required": True}, "tag_ids": {}},
        "product.product": product,
        "account.tax": {"price_include": {}},
        "res.partner": {"email_normalized": {}},
    }


def test_names_are_those_of_the_server() -> None:
    with scripted(FakeOdoo(fields_of(LINE, GOODS_17), 17)) as server:
        client = client_of(server)
        old = read_fields(client)
        client.close()
    assert (old.line_taxes, old.line_unit, old.price_digits, old.quantity_digits) == ("tax_id", "product_uom", 2, 3)
    assert (dict(old.stored_product), old.pricelist_required) == ({"detailed_type": "product"}, True)
    with scripted(FakeOdoo(fields_of(LINE_19, GOODS))) as server:
        client = client_of(server)
        new = read_fields(client)
        client.close()
    assert (new.line_taxes, new.line_unit, new.price_digits) == ("tax_ids", "product_uom_id", None)
    assert dict(new.stored_product) == {"type": "consu", "is_storable": "1"}


def test_without_the_stock_app_goods_are_plain() -> None:
    plain = {"type": {"selection": [["consu", "Goods"], ["service", "Service"]]}}
    with scripted(FakeOdoo(fields_of(LINE_19, plain))) as server:
        client = client_of(server)
        assert dict(read_fields(client).stored_product) == {"type": "consu"}
        client.close()


def test_a_server_without_the_sales_app_is_told() -> None:
    with scripted(FakeOdoo(fields_of({}, GOODS))) as server:
        client = client_of(server)
        with pytest.raises(Rejected, match=r"sale\.order\.line"):
            read_fields(client)
        client.close()


def test_facts_are_read_in_seven_calls() -> None:
    odoo = FakeOdoo(fields_of(LINE_19, GOODS))
    with scripted(odoo) as server:
        client = client_of(server)
        fields = read_fields(client)
        odoo.calls.clear()
        facts = read_facts(client, fields)
        client.close()
    assert len(odoo.calls) == 7
    assert (facts.currency, facts.rounding, facts.country, facts.default_tax_ids) == (
        "EUR",
        "round_globally",
        "FR",
        (9,),
    )
    assert [(t.id, t.rate, t.included) for t in facts.taxes] == [
        (9, Decimal("0.2"), False),
        (10, Decimal("0.08875"), True),
    ]
    assert dict(facts.pricelists) == {"EUR": 2}
    assert dict(facts.currencies) == {"EUR": 2, "JPY": 0}
    assert dict(facts.currency_ids) == {"EUR": 3, "JPY": 4}
    assert dict(facts.states) == {("US", "KY"): 1}
    assert dict(facts.countries) == {"FR": 75, "US": 233}
    assert dict(facts.tags) == {"vip": 1}


def test_a_company_that_is_not_seen_is_told() -> None:
    odoo = FakeOdoo(fields_of(LINE_19, GOODS))
    odoo.records = {**RECORDS, "res.company": []}
    with scripted(odoo) as server:
        client = client_of(server)
        with pytest.raises(Rejected, match="company 1"):
            FactsCache(client).facts()
        client.close()


def test_facts_are_kept_for_a_while_and_dropped_on_demand() -> None:
    now = 1000.0
    odoo = FakeOdoo(fields_of(LINE_19, GOODS))
    with scripted(odoo) as server:
        client = client_of(server)
        cache = FactsCache(client, ttl_seconds=60, monotonic=lambda: now)
        first = cache.facts()
        assert cache.fields().line_taxes == "tax_ids"
        assert cache.facts() is first
        once = len(odoo.calls)
        assert once == 13
        cache.drop()
        assert cache.facts() == first
        assert len(odoo.calls) == once + 7  # the names of fields do not change by a new tag
        now += 61
        cache.facts()
        assert len(odoo.calls) == once + 7 + 13
        client.close()


def test_journals_are_read_only_when_asked_for_and_kept_for_a_while() -> None:
    now = 1000.0
    odoo = FakeOdoo(fields_of(LINE_19, GOODS))
    odoo.records = {**RECORDS, "account.journal": [{"id": 6, "name": "Bank", "type": "bank", "active": False}]}
    with scripted(odoo) as server:
        client = client_of(server)
        cache = FactsCache(client, monotonic=lambda: now)
        assert dict(cache.journals()) == {6: JournalFact(6, "Bank", "bank", active=False)}
        assert len(odoo.calls) == 1
        cache.journals()
        assert len(odoo.calls) == 1
        now += 5
        cache.journals(older_than_seconds=2)
        assert len(odoo.calls) == 2
        client.close()


@pytest.mark.parametrize(
    ("percent", "rate"), [(20.0, "0.2"), (8.875, "0.08875"), (0.0, "0"), (100.0, "1"), (1000.0, "10"), (5.5, "0.055")]
)
def test_a_percentage_is_an_exact_fraction(percent: float, rate: str) -> None:
    assert str(tax_rate(percent)) == rate


def test_cells_are_exact_text() -> None:
    moment = datetime(2026, 11, 23, 14, 0, 5, 999, tzinfo=timezone(timedelta(hours=2)))
    values = [None, True, False, 5, "x", Decimal("0.10"), Decimal("1E+2"), Decimal("1E-7"), moment, date(2026, 1, 2)]
    expected = ["", "1", "0", "5", "x", "0.10", "100", "0.0000001", "2026-11-23 12:00:05", "2026-01-02"]
    assert [cell(value) for value in values] == expected
    assert ids_cell([3, 5]) == "3,5"
    assert ids_cell([]) == ""


def test_times_need_their_zone_and_come_back_aware() -> None:
    with pytest.raises(ValueError, match="zone"):
        odoo_datetime(datetime(2026, 1, 1))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_datetime(odoo_datetime(moment)) == moment
