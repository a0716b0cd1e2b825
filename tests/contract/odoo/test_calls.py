"""What a call answers and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from libs.common.errors import CredentialsRefused, Outage, Rejected
from libs.common.odoo.check import check_odoo
from libs.common.odoo.client import OdooClient
from libs.common.odoo.errors import INCOMPATIBLE, MISSING_RECORD
from libs.common.odoo.external_ids import find_external_id
from libs.common.odoo.facts import FactsCache
from tests.contract.odoo.conftest import MODULE, Access, Lab

GONE = 2_000_000_000


def test_the_version_is_told_without_a_login(access: Access) -> None:
    assert access.client(login="nobody", key="nothing").version() >= (16, 0)


def test_a_good_key_gives_a_user_and_a_bad_one_is_refused(access: Access) -> None:
    assert access.client().authenticate() > 0
    for wrong in (access.client(key="wrong"), access.client(login="nobody")):
        with pytest.raises(CredentialsRefused):
            wrong.authenticate()


def test_an_unknown_database_is_a_matter_of_configuration(access: Access) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        access.client(database="no_such_database").authenticate()
    assert caught.value.code == "database_missing"


def test_a_wrong_address_is_an_outage(access: Access) -> None:
    with pytest.raises(Outage) as caught:
        access.client(base_url=f"{access.url}/nowhere").version()
    assert caught.value.code == "not_odoo"


def test_a_company_that_is_not_allowed_is_a_matter_of_configuration(access: Access) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        access.client(company_id=GONE // 2).search_read("res.partner", [], ["name"], limit=1)
    assert caught.value.code == "company_refused"


def test_a_key_refused_in_mid_work_is_tried_again_once_with_a_fresh_login(lab: Lab) -> None:
    client = lab.access.client()
    client._uid = GONE  # a uid from before the database was restored
    assert client.search_read("res.partner", [("id", "=", lab.customer)], ["name"])


def test_search_read_gives_ids_and_fields_in_order(lab: Lab) -> None:
    names = [lab.new("partner") for _ in range(3)]
    rows = [[lab.external("partner"), name] for name in names]
    ids = lab.client.load("res.partner", ["id", "name"], rows).ids
    found = lab.client.search_read("res.partner", [("name", "in", names)], ["name"])
    assert [(values["id"], values["name"]) for values in found] == list(zip(ids, names, strict=True))
    assert [v["id"] for v in lab.client.search_read("res.partner", [("name", "in", names)], ["name"], limit=1)] == [
        ids[0]
    ]


def test_unknown_names_show_that_this_odoo_differs(lab: Lab) -> None:
    wrong: list[Callable[[], object]] = [
        lambda: lab.client.search_read("res.partner", [], ["no_such_field"], limit=1),
        lambda: lab.client.search_read("res.partner", [("no_such_field", "=", 1)], ["name"], limit=1),
        lambda: lab.client.call("res.partner", "write", [[lab.customer], {"no_such_field": 1}], write=True),
        lambda: lab.client.call("res.partner", "no_such_method", [[lab.customer]], write=True),
        lambda: lab.client.search_read("no.such.model", [], ["name"]),
        lambda: lab.client.load("res.partner", ["id", "no_such_field"], [[lab.external("x"), "y"]]),
    ]
    for call in wrong:
        with pytest.raises(Rejected) as caught:
            call()
        assert caught.value.code == INCOMPATIBLE


def test_a_missing_right_is_told_in_odoos_words(lab: Lab, limited: Callable[[], OdooClient]) -> None:
    with pytest.raises(Rejected) as caught:
        limited().call("sale.order", "create", [[{"partner_id": lab.customer}]], write=True)
    assert caught.value.code == "access"
    assert "sale.order" in caught.value.message


def test_a_record_that_is_gone(lab: Lab) -> None:
    with pytest.raises(Rejected) as caught:
        lab.client.call("res.partner", "write", [[GONE], {"comment": "x"}], write=True)
    assert caught.value.code == MISSING_RECORD
    assert lab.client.web_read("res.partner", [GONE], {"name": {}}) == []
    found = lab.client.web_read("res.partner", [GONE, lab.customer], {"name": {}})
    assert [values["id"] for values in found] == [lab.customer]


def test_a_rule_of_odoo_is_told_in_its_own_words(lab: Lab) -> None:
    order = lab.order([("1", "10", "")])
    lab.client.call("sale.order", "action_confirm", [[order]], write=True)
    with pytest.raises(Rejected) as caught:
        lab.client.call("sale.order", "action_confirm", [[order]], write=True)
    assert caught.value.code == "odoo_refused"
    assert "not in a state requiring confirmation" in caught.value.message


def test_an_external_id_is_found_or_not(lab: Lab) -> None:
    name = lab.new("partner")
    (partner,) = lab.client.load("res.partner", ["id", "name"], [[f"{MODULE}.{name}", name]]).ids
    assert find_external_id(lab.client, MODULE, name) == ("res.partner", partner)
    assert find_external_id(lab.client, MODULE, lab.new("partner")) is None


def test_the_check_passes_for_a_good_user_and_names_what_a_limited_one_lacks(
    access: Access, limited: Callable[[], OdooClient]
) -> None:
    assert [line for line in check_odoo(access.client()) if not line.ok] == []
    refused = {line.what: line for line in check_odoo(limited()) if not line.ok}
    assert "Odoo sale.order" in refused
    assert "create" in refused["Odoo sale.order"].to_do


def test_the_check_asks_for_an_email_address_where_odoo_does_nothing_without(access: Access, lab: Lab) -> None:
    login = lab.new("silent")
    if access.sandbox is not None:
        access.sandbox.add_user(login, f"{login}-password", email="")
    else:
        values = {"name": login, "login": login, "password": f"{login}-password"}
        lab.client.call("res.users", "create", [[values]], write=True)
    told = [line.what for line in check_odoo(access.client(login=login, key=f"{login}-password")) if not line.ok]
    assert ("Odoo user's e-mail address" in told) is (lab.client.version() < (19, 0))


def test_the_check_tells_what_is_wrong_with_the_connection(access: Access) -> None:
    def failed(client: OdooClient) -> list[str]:
        return [line.what for line in check_odoo(client) if not line.ok]

    assert failed(access.client(base_url=f"{access.url}/nowhere")) == ["Odoo server"]
    assert failed(access.client(database="no_such_database")) == ["Odoo database"]
    assert failed(access.client(key="wrong")) == ["Odoo login and key"]
    assert failed(access.client(company_id=GONE // 2)) == [f"Odoo company {GONE // 2}"]


def test_a_new_tax_is_among_the_facts_with_its_exact_rate(lab: Lab) -> None:
    within, on_top = lab.tax("8.875", included=True), lab.tax("19")
    taxes = {tax.id: (tax.rate, tax.included) for tax in FactsCache(lab.client).facts().taxes}
    assert (taxes[within], taxes[on_top]) == ((Decimal("0.08875"), True), (Decimal("0.19"), False))


def test_the_facts_hold_the_companys_reference_data(lab: Lab) -> None:
    facts = lab.facts
    assert len(facts.currency) == 3
    assert facts.currencies[facts.currency] in {0, 2, 3}
    assert facts.rounding in {"round_per_line", "round_globally"}
    assert facts.countries["US"] > 0
    assert facts.states["US", "KY"] > 0
    assert facts.country in facts.countries
    assert lab.fields.line_taxes == ("tax_ids" if lab.fields.version >= (19, 0) else "tax_id")
    assert facts.price_digits == (None if lab.fields.version >= (19, 0) else 2)
