from __future__ import annotations

from typing import Any

import pytest

from libs.common.errors import CredentialsRefused, Failure, Outage, Rejected, Transient
from libs.common.odoo.client import RACE_TRIES, OdooClient
from libs.common.odoo.errors import RowRefused
from libs.common.odoo.external_ids import external_id, find_external_id
from tests.unit.http.scripted import Reply, Request, Scripted, reply, scripted
from tests.unit.odoo.test_errors import after_login, client_of, error, result

RACE = "could not serialize access due to concurrent update"


def objects(server: Scripted) -> list[list[Any]]:
    """The `execute_kw` arguments of the calls, from the model on."""
    calls = [request.json["params"] for request in server.requests]
    return [call["args"][3:] for call in calls if call["service"] == "object"]


def messages(*texts: str, record: int | None = 0, **more: Any) -> Reply:
    listed = [{"type": "error", "record": record, "field": None, "message": text, **more} for text in texts]
    return result({"ids": False, "messages": listed, "nextrow": 0})


def test_one_login_and_one_connection_for_many_calls() -> None:
    with scripted(after_login(*[result([])] * 3)) as server:
        client = client_of(server)
        for _ in range(3):
            client.search_read("res.partner", [("id", "=", 1)], ["name"])
        client.close()
        assert [r.json["params"]["service"] for r in server.requests] == ["common", "object", "object", "object"]
        assert len(server.connections) == 1
        assert {request.path for request in server.requests} == {"/jsonrpc"}


def test_every_call_acts_for_the_company_in_utc_and_english() -> None:
    with scripted(after_login(result([]), result(True))) as server:
        client = client_of(server)
        client.search_read("res.partner", [], ["name"])
        client.call("res.partner", "write", [[1], {}], write=True, context={"tracking_disable": True})
        client.close()
        contexts = [call[3]["context"] for call in objects(server)]
    assert contexts[0] == {"allowed_company_ids": [1], "lang": "en_US", "tz": "UTC"}
    assert contexts[1] == {**contexts[0], "tracking_disable": True}


def test_a_method_that_returns_nothing_gives_none() -> None:
    with scripted(after_login(reply({"jsonrpc": "2.0", "id": 1}))) as server:
        client = client_of(server)
        assert client.call("account.move", "js_assign_outstanding_line", [1, 2], write=True) is None
        client.close()


def test_a_login_of_false_is_refused() -> None:
    with scripted([result(False)]) as server:
        client = client_of(server)
        with pytest.raises(CredentialsRefused):
            client.call("res.partner", "read", [[1]], write=False)
        client.close()


def test_a_refused_key_is_tried_once_with_a_fresh_login_and_then_believed() -> None:
    refused = error("odoo.exceptions.AccessDenied", "Access Denied")
    with scripted([result(7), refused, result(8), result([])]) as server:
        client = client_of(server)
        assert client.search_read("res.partner", [], ["name"]) == []
        client.close()
        assert server.requests[-1].json["params"]["args"][1] == 8
    with scripted([result(7), refused, result(7), refused]) as server:
        client = client_of(server)
        with pytest.raises(CredentialsRefused):
            client.search_read("res.partner", [], ["name"])
        client.close()


@pytest.mark.parametrize(
    ("info", "expected"), [([19, 0, 0, "final", 0, ""], (19, 0)), (["saas~18", 2, 0, "final", 0, "e"], (18, 2))]
)
def test_the_version_is_read(info: list[Any], expected: tuple[int, int]) -> None:
    with scripted([result({"server_version_info": info})]) as server:
        client = client_of(server)
        assert client.version() == expected
        assert client.version() == expected  # asked once
        client.close()


def test_something_that_tells_no_version_is_no_odoo() -> None:
    odd_answers: list[Any] = [{}, {"server_version_info": None}, {"server_version_info": ["x", "y"]}, [], None]
    for odd in odd_answers:
        with scripted([result(odd)]) as server:
            client = client_of(server)
            with pytest.raises(Outage):
                client.version()
            client.close()


def test_a_lost_race_is_repeated_in_place_and_then_given_up() -> None:
    race = error("psycopg2.errors.SerializationFailure", RACE)
    with scripted(after_login(race, race, result(True))) as server:
        client = client_of(server)
        assert client.call("sale.order", "action_confirm", [[1]], write=True) is True
        client.close()
    with scripted(after_login(*[race] * RACE_TRIES)) as server:
        client = client_of(server)
        with pytest.raises(Transient):
            client.call("sale.order", "action_confirm", [[1]], write=True)
        client.close()
        assert len(objects(server)) == RACE_TRIES


def test_calls_are_told_with_their_records_and_failures() -> None:
    told: list[tuple[str, int, type | None]] = []

    def on_call(name: str, seconds: float, records: int, failure: Failure | None) -> None:
        assert seconds >= 0
        told.append((name, records, type(failure) if failure else None))

    with scripted(after_login(result({"ids": [1, 2], "messages": []}), error("builtins.KeyError"))) as server:
        client = client_of(server, on_call=on_call)
        client.load("res.partner", ["id", "name"], [["t.a", "a"], ["t.b", "b"]])
        with pytest.raises(Rejected):
            client.call("res.partner", "write", [[1], {}], write=True)
        client.close()
    assert told == [("common.authenticate", 1, None), ("res.partner.load", 2, None), ("res.partner.write", 1, Rejected)]


def load(*answers: Reply, rows: int = 2) -> tuple[Any, int]:
    """What `load` gives or raises for these answers, and how often it was sent."""
    with scripted(after_login(*answers)) as server:
        client = client_of(server)
        try:
            outcome: Any = client.load("res.partner", ["id", "name"], [[f"t.{i}", "x"] for i in range(rows)])
        except Failure as failure:
            outcome = failure
        client.close()
        return outcome, len(objects(server))


def test_load_sends_text_and_the_context_that_creates_once() -> None:
    with scripted(after_login(result({"ids": [4], "messages": []}))) as server:
        client = client_of(server)
        assert client.load("res.partner", ["id", "name", "color"], [["t.a", None, 3]]).ids == (4,)
        client.close()
        ((model, method, args, kwargs),) = objects(server)
    assert (model, method, args) == ("res.partner", "load", [["id", "name", "color"], [["t.a", "", "3"]]])
    context = {"allowed_company_ids": [1], "lang": "en_US", "tz": "UTC", "mode": "update", "noupdate": True}
    assert kwargs == {"context": context}


def test_update_leaves_the_creating_context_out() -> None:
    with scripted(after_login(result({"ids": [4], "messages": []}))) as server:
        client = client_of(server)
        client.update("res.partner", [".id", "name"], [[4, "x"]])
        client.close()
        assert objects(server)[0][3] == {"context": {"allowed_company_ids": [1], "lang": "en_US", "tz": "UTC"}}


@pytest.mark.parametrize(
    "words",
    [
        RACE,
        "Unknown database error: 'current transaction is aborted, commands ignored until end of transaction block'",
        "deadlock detected",
        'duplicate key value violates unique constraint "ir_model_data_module_name_uniq_index"',
        "Unknown error during import: <class 'psycopg2.errors.SerializationFailure'>: x",
    ],
)
def test_a_race_lost_in_load_is_repeated_in_place(words: str) -> None:
    outcome, sent = load(messages(words), result({"ids": [4, 5], "messages": []}))
    assert (outcome.ids, sent) == ((4, 5), 2)
    outcome, sent = load(*[messages(words, "No matching record")] * RACE_TRIES)
    assert type(outcome) is Transient
    assert sent == RACE_TRIES


def test_load_never_takes_a_failure_for_a_success() -> None:
    for answer in (
        result({"ids": False, "messages": []}),
        result({"ids": [], "messages": []}),
        result({"ids": [4], "messages": []}),
        result({"ids": [4, False], "messages": []}),
        result({"ids": [4, 5, 6], "messages": []}),
        result({"ids": [4, 5], "messages": [{"type": "error", "record": 0, "message": "no"}]}),
        result(True),
        reply({"jsonrpc": "2.0", "id": 1}),
    ):
        outcome, _ = load(answer)
        assert isinstance(outcome, (Transient, Rejected)), outcome


def test_a_warning_beside_the_ids_is_kept() -> None:
    outcome, _ = load(result({"ids": [4, 5], "messages": [{"type": "warning", "record": 0, "message": "mind"}]}))
    assert (outcome.ids, outcome.warnings) == ((4, 5), ("mind",))


def test_the_bad_record_is_named_with_its_field() -> None:
    outcome, _ = load(messages("No matching record", record=1, field="country_id"))
    assert isinstance(outcome, RowRefused)
    assert (outcome.record, outcome.records, outcome.field_name) == (1, (1,), "country_id")
    assert outcome.message == "country_id: No matching record"


def test_the_error_of_the_whole_batch_does_not_blame_its_first_record() -> None:
    listed = [
        {"type": "error", "record": 0, "message": "of the batch"},
        {"type": "error", "record": 1, "message": "its own"},
        {"type": "error", "record": 2, "message": "Unknown error", "moreinfo": "Resolve other errors first"},
    ]
    outcome, _ = load(result({"ids": False, "messages": listed}), rows=3)
    assert isinstance(outcome, RowRefused)
    assert (outcome.records, outcome.message) == ((1,), "its own")
    assert len(outcome.messages) == 3


def test_a_missing_right_is_no_fault_of_a_row() -> None:
    outcome, _ = load(messages("You are not allowed to create 'Contact' (res.partner) records.", record=1))
    assert (type(outcome), outcome.code) == (Rejected, "access")


def test_a_refusal_that_blames_nobody_names_no_record() -> None:
    for record in (None, 17, -1):
        outcome, _ = load(messages("odd", record=record))
        assert isinstance(outcome, RowRefused)
        assert (outcome.record, outcome.records) == (None, ())


def test_load_refuses_rows_that_nothing_could_find_again() -> None:
    client = OdooClient("http://127.0.0.1:9", "db", "login", "key", 1)
    with pytest.raises(ValueError, match="column `id`"):
        client.load("res.partner", ["name"], [["x"]])
    with pytest.raises(ValueError, match="names no record"):
        client.load("res.partner", ["id", "name"], [["", "x"]])
    with pytest.raises(ValueError, match="2 cells for 1"):
        client.load("res.partner", ["id"], [["t.a", "x"]])
    with pytest.raises(TypeError, match="float"):
        client.load("res.partner", ["id", "color"], [["t.a", 1.5]])  # type: ignore[list-item]
    assert client.load("res.partner", ["id"], []).ids == ()
    client.close()


def test_continuation_rows_belong_to_the_record_before() -> None:
    with scripted(after_login(result({"ids": [4, 5], "messages": []}))) as server:
        client = client_of(server)
        rows = [["t.a", "1"], ["", "2"], ["t.b", "3"], ["", "4"]]
        assert client.load("sale.order", ["id", "order_line/name"], rows).ids == (4, 5)
        client.close()


def test_web_read_before_17_is_a_read_for_each_relation() -> None:
    def script(request: Request) -> Reply:
        params = request.json["params"]
        if params["method"] == "version":
            return result({"server_version_info": [16, 0, 0, "final", 0, ""]})
        if params["service"] == "common":
            return result(7)
        model, method = params["args"][3:5]
        if method == "fields_get":
            return result({"order_line": {"relation": "sale.order.line"}, "partner_id": {"relation": "res.partner"}})
        return result(
            {
                "sale.order": [
                    {"id": 1, "order_line": [11, 12], "partner_id": 5},
                    {"id": 2, "order_line": [], "partner_id": False},
                ],
                "sale.order.line": [{"id": 11, "name": "a"}, {"id": 12, "name": "b"}],
                "res.partner": [{"id": 5, "name": "Ada"}],
            }[model]
        )

    with scripted(script) as server:
        client = client_of(server)
        specification: dict[str, Any] = {"order_line": {"fields": {"name": {}}}, "partner_id": {"fields": {"name": {}}}}
        found = client.web_read("sale.order", [1, 2], specification)
        client.close()
    assert found == [
        {
            "id": 1,
            "order_line": [{"id": 11, "name": "a"}, {"id": 12, "name": "b"}],
            "partner_id": {"id": 5, "name": "Ada"},
        },
        {"id": 2, "order_line": [], "partner_id": False},
    ]


def test_web_read_of_nothing_asks_nothing() -> None:
    client = OdooClient("http://127.0.0.1:9", "db", "login", "key", 1)
    assert client.web_read("sale.order", [], {"name": {}}) == []
    client.close()


def test_external_ids_hold_only_characters_that_odoo_takes() -> None:
    assert external_id("tandem_acme", "order_450789469") == "tandem_acme.order_450789469"
    for module, name in (
        ("tandem-acme", "x"),
        ("Tandem", "x"),
        ("", "x"),
        ("t", ""),
        ("t", "a.b"),
        ("t", "a b"),
        ("t.u", "x"),
    ):
        with pytest.raises(ValueError, match="external id"):
            external_id(module, name)


def test_an_external_id_is_looked_up_for_a_plain_user() -> None:
    gone = error("builtins.ValueError", "External ID not found in the system: t.x")
    with scripted(
        after_login(result(["res.partner", 5]), gone, result(["res.partner", False]), error("builtins.ValueError"))
    ) as server:
        client = client_of(server)
        assert find_external_id(client, "t", "x") == ("res.partner", 5)
        assert find_external_id(client, "t", "x") is None
        assert find_external_id(client, "t", "x") is None
        with pytest.raises(Rejected):
            find_external_id(client, "t", "x")
        client.close()
