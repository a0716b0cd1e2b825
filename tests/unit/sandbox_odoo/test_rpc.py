from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from libs.sandbox.faults import Drop, Error, Fault, Refuse, Silence

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client, Connect

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["18", "19"])
def odoo(request: pytest.FixtureRequest, connect: Connect) -> Client:
    return over_http(connect(request.param))


@pytest.fixture
def odoo19(connect: Connect) -> Client:
    return over_http(connect("19"))


def over_http(client: Client) -> Client:
    assert client.http.get("/web/health").json() == {"status": "pass"}
    return client


def test_version_and_sign_in(odoo: Client) -> None:
    version = odoo.result("common", "version", [])
    assert version["server_version_info"] == [int(odoo.sandbox.version), 0, 0, "final", 0, ""]
    database, key = odoo.sandbox.database, odoo.sandbox.key
    assert odoo.result("common", "authenticate", [database, "admin", key, {}]) == 2
    assert odoo.result("common", "authenticate", [database, "admin", "wrong", {}]) is False
    assert odoo("res.users", "context_get") == {"lang": "en_US", "tz": False, "uid": 2}


def test_errors_come_in_the_envelope_of_the_version(odoo: Client) -> None:
    refused = odoo.refused("no.such.model", "search", [])
    assert refused.code == (200 if odoo.sandbox.version == "18" else 0)
    assert set(refused.data) == {"name", "message", "arguments", "context", "debug"}
    assert refused.data["arguments"] == [refused.message]


def test_each_refusal_has_its_class(odoo: Client) -> None:
    stranger, nobody = odoo.as_user(2, "wrong"), odoo.as_user(99999, odoo.sandbox.key)
    assert stranger.refused("res.partner", "search_count", []).name == "odoo.exceptions.AccessDenied"
    assert nobody.refused("res.partner", "search_count", []).name == "odoo.exceptions.MissingError"
    assert odoo.refused("no.such.model", "search", []).name == "odoo.exceptions.UserError"
    assert odoo.refused("res.partner", "no_such_method", []).name == "builtins.AttributeError"
    assert odoo.refused("res.partner", "_compute_display_name", [3]).name == "odoo.exceptions.AccessError"
    bad = odoo.refused("res.partner", "write", [3])
    assert bad.name == "builtins.TypeError"
    assert "missing 1 required positional argument: 'vals'" in bad.message
    assert odoo.refused("res.partner", "search", [], zzz=1).name == "builtins.TypeError"
    assert odoo.refused("ir.model.data", "check_object_reference", "x", "nope").name == "builtins.ValueError"
    odoo.sandbox.database = "other"
    assert odoo.refused("res.partner", "search", []).name == "psycopg2.OperationalError"


def test_what_is_no_json_rpc_call_is_answered_by_a_page(odoo: Client) -> None:
    malformed = odoo.http.post("/jsonrpc", content='{"jsonrpc": bad', headers={"content-type": "application/json"})
    assert (malformed.status_code, malformed.text) == (400, "Invalid JSON data")
    got = odoo.http.get("/jsonrpc")
    assert got.status_code == (400 if odoo.sandbox.version == "18" else 415)
    assert got.headers["content-type"].startswith("text/html")
    assert odoo.http.post("/nowhere", json={}).status_code == 404
    new = odoo.http.post("/json/2/res.partner/search", json={})
    assert new.status_code == (200 if odoo.sandbox.version == "18" else 404)
    assert new.headers["content-type"].startswith("text/html")


def test_a_method_without_result_gives_a_response_without_result(odoo: Client) -> None:
    own = [odoo.sandbox.database, 2, odoo.sandbox.key, "sale.order", "check_access_rights", ["read"], {}]
    assert set(odoo.rpc("object", "execute_kw", own)) == {"jsonrpc", "id"}
    assert odoo("sale.order", "check_access_rights", "read", raise_exception=False) is True


def test_a_user_has_the_rights_of_its_groups(odoo: Client) -> None:
    sales = odoo.as_user(odoo.sandbox.add_user("sales", "s-key"), "s-key")
    assert sales("sale.order", "has_access", [], "create") is True
    assert sales("res.partner", "has_access", [], "create") is False
    refused = sales.refused("res.partner", "create", {"name": "x"})
    assert refused.message.startswith("You are not allowed to create 'Contact' (res.partner) records.")
    loaded = sales.load("res.partner", ["id", "name"], [["t.x", "x"]])
    assert loaded["ids"] is False
    assert loaded["messages"][0]["message"].startswith("You are not allowed to create 'Contact'")
    own = odoo.as_user(odoo.sandbox.add_user("own", "o-key", {"res.partner": "r"}), "o-key")
    assert own("res.partner", "search_count", []) > 0
    assert own.refused("sale.order", "search_count", []).name == "odoo.exceptions.AccessError"


def test_a_revoked_key_is_denied_and_a_new_one_taken(odoo: Client) -> None:
    odoo.sandbox.replace_key(None)
    assert odoo.refused("res.partner", "search_count", []).name == "odoo.exceptions.AccessDenied"
    odoo.sandbox.replace_key("new")
    assert odoo.as_user(2, "new")("res.partner", "search_count", []) > 0


def test_faults_are_told_as_the_server_tells_them(odoo: Client) -> None:
    faults = odoo.sandbox.faults
    faults.add(Fault("res.partner.load", Error("lost_race")))
    answer = odoo.load("res.partner", ["id", "name"], [["t.r", "R"]])
    assert answer["ids"] is False
    assert answer["messages"][0]["message"].startswith("could not serialize access")
    assert odoo.load("res.partner", ["id", "name"], [["t.r", "R"]])["ids"]
    faults.add(Fault("*.write", Error("serialization")))
    assert odoo.refused("res.partner", "write", [3], {"city": "X"}).name == "psycopg2.errors.SerializationFailure"
    faults.add(Fault("*", Error("odoo.exceptions.UserError", "out of paper")))
    assert odoo.refused("res.partner", "search", []).message == "out of paper"
    faults.add(Fault("*", Refuse(200, "<html>maintenance</html>")))
    assert odoo.http.post("/jsonrpc", json={}).text == "<html>maintenance</html>"


@pytest.mark.parametrize(("action", "created"), [(Drop(), 0), (Drop(applied=True), 1), (Silence(), 1)])
def test_a_lost_answer_may_have_been_applied(odoo19: Client, action: Drop | Silence, created: int) -> None:
    odoo19.sandbox.faults.add(Fault("res.partner.create", action))
    odoo19.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.TransportError):
        odoo19("res.partner", "create", {"name": "x"})
    assert odoo19.sandbox.journal.count("res.partner", "create") == created


def test_every_call_and_every_effect_is_noted(odoo: Client) -> None:
    odoo.load("res.partner", ["id", "name"], [["t.r", "R"], ["t.q", "Q"]])
    odoo.refused("res.partner", "write", [999999], {"name": "x"})
    calls, journal = odoo.sandbox.calls, odoo.sandbox.journal
    assert calls.count("res.partner.load") == 1
    assert calls.entries("res.partner.load")[0].detail == {"records": 2}
    assert calls.count("*.write", outcome="odoo.exceptions.MissingError") == 1
    assert journal.count("res.partner", "create") == 2
    assert journal.count("res.partner", "create", external_id="t.r") == 1
    assert {effect["model"] for effect in odoo.http.get("/_sandbox/journal").json()} == {"res.partner"}


def test_eight_threads_with_one_external_id_make_one_record(odoo: Client) -> None:
    ids: list[int] = []

    def race() -> None:
        ids.extend(odoo.load("sale.order", ["id", "partner_id/.id"], [["t.o", "3"]])["ids"])

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert odoo.sandbox.journal.count("sale.order", "create") == 1


def test_a_stopped_server_comes_back_with_its_data(odoo19: Client) -> None:
    partner = odoo19("res.partner", "create", {"name": "x"})
    url = odoo19.sandbox.url
    odoo19.sandbox.stop()
    with pytest.raises(httpx.TransportError):
        odoo19("res.partner", "search", [])
    assert odoo19.sandbox.start() == url
    assert odoo19("res.partner", "read", [partner], ["name"])[0]["name"] == "x"


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "libs.sandbox.odoo", "--version", "18", "--port", "0", "--key", "k"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        assert process.stdout is not None
        known = json.loads(process.stdout.readline())
        args = [known["db"], known["login"], known["key"], {}]
        body = {"jsonrpc": "2.0", "params": {"service": "common", "method": "authenticate", "args": args}}
        assert httpx.post(f"{known['url']}/jsonrpc", json=body).json()["result"] == 2
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_second_company_is_seen_by_those_who_may(odoo: Client) -> None:
    company = odoo.sandbox.add_company("Second Co", "EUR", warehouse=False)
    sales = odoo.as_user(odoo.sandbox.add_user("sales", "s"), "s")
    product = odoo.sandbox.add_product(default_code="A")
    lines = [[0, 0, {"product_id": product}]]
    context = {"allowed_company_ids": [company]}
    order = odoo("sale.order", "create", {"partner_id": 3, "order_line": lines}, context=context)
    read = odoo("sale.order", "read", [order], ["company_id", "amount_tax", "warehouse_id"])[0]
    assert (read["company_id"], read["amount_tax"], read["warehouse_id"]) == ([company, "Second Co"], 0.0, False)
    assert odoo("sale.order", "search_count", [], context={"allowed_company_ids": [1]}) == 0
    assert odoo("sale.order", "search_count", [], context={"allowed_company_ids": [1, company]}) == 1
    assert odoo("product.product", "read", [product], ["taxes_id"], context=context)[0]["taxes_id"] == []
    assert odoo("res.company", "search_count", [], context={"allowed_company_ids": [1]}) == 2
    assert sales.refused("sale.order", "read", [order], ["name"]).name == "odoo.exceptions.AccessError"
    denied = sales.refused("sale.order", "search_count", [], context=context)
    assert denied.message == "Access to unauthorized or invalid companies."
    warning = odoo.refused("sale.order", "action_confirm", [order], context=context)
    assert warning.name == "odoo.exceptions.RedirectWarning"
    assert warning.data["arguments"][0] == "Please create a warehouse for company Second Co."
    taxes = "tax_id" if odoo.sandbox.version == "18" else "tax_ids"
    crossed = [[0, 0, {"product_id": product, taxes: [[6, 0, [1]]]}]]
    mixed = odoo.refused("sale.order", "create", {"partner_id": 3, "company_id": company, "order_line": crossed})
    assert "no company crossover is allowed" in mixed.message


def test_a_sandbox_may_have_no_taxes_and_another_currency(connect: Connect) -> None:
    odoo = connect("19", taxes=False, company_currency="JPY", company_country="JP")
    product = odoo.sandbox.add_product(default_code="A", list_price=1200)
    odoo("sale.order", "create", {"partner_id": 3, "order_line": [[0, 0, {"product_id": product}]]})
    [order] = odoo.sandbox.orders()
    assert (order["currency_id"][1], order["amount_total"], order["amount_tax"]) == ("JPY", 1200.0, 0.0)
    assert odoo("account.tax", "search_count", []) == 0
