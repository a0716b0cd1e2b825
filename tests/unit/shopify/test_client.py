from __future__ import annotations

import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from libs.common.errors import Ambiguous, CredentialsRefused, Failure, Outage, RateLimited, Rejected, Transient
from libs.common.shopify.check import check_shop
from libs.common.shopify.documents import Document, document, parse_document
from libs.common.shopify.errors import QueryTooExpensive, check_user_errors
from tests.unit.http.scripted import Reply, reply, scripted, unused_port
from tests.unit.shopify.shop import TOKEN, NotedBudget, client_of, cost, data

RESPONSES = Path(__file__).parents[4] / "shared" / "reference" / "shopify" / "graphql-responses"
QUERY = parse_document("ask", "# cost: 5 + 2 * ids\nquery Ask($ids: [ID!]!) { nodes(ids: $ids) { id } }")
MUTATION = parse_document("tell", "# cost: 10 + 0 * ids\nmutation Tell { orderMarkAsPaid { userErrors { field } } }")
HTML = b"<html><head><title>Something went wrong</title></head><body>secret</body></html>"


def fault(code: str | None, message: str = "words", **more: Any) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **more}} if code else {"message": message}


def failure_of(answer: Reply, document: Document = QUERY, budget: NotedBudget | None = None, **options: Any) -> Failure:
    with scripted([answer]) as server:
        client = client_of(server, budget, **options)
        with pytest.raises(Failure) as caught:
            client.execute(document, {"ids": ["1"]})
        client.close()
        assert len(server.requests) == 1  # neither gql nor requests repeats anything by itself
    assert caught.value.side == "shopify"
    return caught.value


def test_a_document_declares_its_cost_and_is_one_operation() -> None:
    assert QUERY.cost({"ids": ["1", "2", "3"]}) == 11
    assert (QUERY.mutation, MUTATION.mutation) == (False, True)
    with pytest.raises(ValueError, match="cost"):
        parse_document("x", "query { shop { id } }")
    with pytest.raises(ValueError, match="one operation"):
        parse_document("x", "# cost: 1 + 0 * ids\nquery A { a } query B { b }")


def test_every_document_in_the_project_can_be_loaded_and_is_cheap_enough() -> None:
    for name in ("orders_by_ids", "order_line_items", "order_shipping_lines", "shop_check"):
        found = document(name)
        assert found is document(name)
        assert 0 < found.cost({"ids": ["1"]}) <= 1000
        assert "#" not in found.text.partition("query")[0]
    assert document("orders_by_ids").cost({"ids": ["1"] * 20}) <= 2000


def test_the_answer_is_whole_and_decimals_are_exact() -> None:
    raw = b'{"data": {"rate": 0.08875, "amount": "19.10", "count": 3}, "extensions": {}}'
    with scripted([reply(raw, headers={"X-Shopify-API-Version": "2027-01"})]) as server:
        client = client_of(server)
        assert client.execute(QUERY, {"ids": []}) == {"rate": Decimal("0.08875"), "amount": "19.10", "count": 3}
        assert client.served_version == "2027-01"
        client.close()
        (request,) = server.requests
    assert request.path == "/admin/api/2026-10/graphql.json"
    assert request.headers["x-shopify-access-token"] == TOKEN
    assert request.json == {"query": QUERY.text, "variables": {"ids": []}}


def test_one_connection_serves_many_calls() -> None:
    with scripted([data({})] * 3) as server:
        client = client_of(server)
        for _ in range(3):
            client.execute(QUERY, {"ids": []})
        client.close()
        assert len(server.connections) == 1


def test_points_are_reserved_before_and_learnt_after() -> None:
    budget = NotedBudget()
    with scripted([data({}, actual=4, available=900)] * 2) as server:
        client = client_of(server, budget)
        assert client.highest_cost == 1000
        for _ in range(2):
            client.execute(QUERY, {"ids": ["1", "2"]})
        client.close()
    assert budget.reserved == [("acme/shopify", 9, 1000.0, 50.0), ("acme/shopify", 9, 2000.0, 100.0)]
    assert budget.learnt[0] == {"available": 900.0, "maximum": 2000.0, "rate": 100.0, "refund": 5.0}


def test_a_small_bucket_bounds_what_one_query_may_cost() -> None:
    with scripted([data({}, maximum=400)]) as server:
        client = client_of(server)
        client.execute(QUERY, {"ids": []})
        assert client.highest_cost == 400
        client.close()


def test_a_short_wait_is_slept_and_a_long_one_defers() -> None:
    slept: list[float] = []
    with scripted([data({})]) as server:
        client = client_of(server, NotedBudget(waits=[0.5, 1.0]), sleep=slept.append)
        client.execute(QUERY, {"ids": []})
        client.close()
    assert slept == [0.5, 1.0]
    for waits in ([2.5], [1.5, 1.0]):
        expected = waits[-1]
        client = client_of("http://127.0.0.1:9", NotedBudget(waits=list(waits)), sleep=lambda _: None)
        with pytest.raises(RateLimited) as caught:
            client.execute(QUERY, {"ids": []})
        client.close()
        assert caught.value.after_seconds == expected


def test_a_bucket_that_proves_smaller_than_assumed_makes_the_query_too_dear() -> None:
    class SmallBudget(NotedBudget):
        def reserve(self, key: str, cost: float, *, maximum: float, rate: float) -> float:
            raise Rejected("too small", code="budget_too_small", details={"maximum": 300.0})

    client = client_of("http://127.0.0.1:9", SmallBudget())
    with pytest.raises(QueryTooExpensive) as caught:
        client.execute(QUERY, {"ids": ["1"]})
    assert (caught.value.cost, caught.value.max_cost, client.highest_cost) == (7, 300, 300)
    client.close()


def test_throttled_waits_until_enough_points_are_back() -> None:
    budget = NotedBudget()
    body = {"errors": [fault("THROTTLED", "Throttled")], "extensions": cost(requested=500, actual=None, available=100)}
    failure = failure_of(reply(body), budget=budget)
    assert isinstance(failure, RateLimited)
    assert failure.after_seconds == 4.0  # 400 points at 100 a second
    assert budget.learnt == [{"available": 100.0, "maximum": 2000.0, "rate": 100.0, "refund": 7.0}]
    blind = failure_of(reply({"errors": [fault("THROTTLED")]}))
    assert isinstance(blind, RateLimited)
    assert blind.after_seconds == 1.0


def test_a_query_that_costs_too_much_says_how_much() -> None:
    body = {"errors": [fault("MAX_COST_EXCEEDED", "Query cost is 1002, which …\n\nSee", cost=1002, maxCost=1000)]}
    failure = failure_of(reply(body))
    assert isinstance(failure, QueryTooExpensive)
    assert (failure.cost, failure.max_cost) == (1002, 1000)
    assert "\n" not in failure.message


def test_a_missing_scope_pauses_the_shop_and_names_the_scope() -> None:
    words = "Access denied for orders field. Required access: `read_orders` access scope."
    for body in (
        {"errors": [fault("ACCESS_DENIED", words)]},
        {"data": {"o": None}, "errors": [fault("ACCESS_DENIED", words)]},
    ):
        failure = failure_of(reply(body))
        assert isinstance(failure, CredentialsRefused)
        assert failure.code == "missing_scope"
        assert "read_orders" in failure.hint


@pytest.mark.parametrize(
    ("errors", "with_data", "kind", "code"),
    [
        ([fault("undefinedField", "Field 'x' doesn't exist")], False, Rejected, "graphql_invalid"),
        ([fault(None, "Parse error")], False, Rejected, "graphql_invalid"),
        (["Parse error"], False, Rejected, "graphql_invalid"),
        ([fault("INTERNAL_SERVER_ERROR")], False, Transient, "graphql_error"),
        ([fault("TIMEOUT")], True, Transient, "graphql_partial"),
        ([fault(None, "Something broke")], True, Transient, "graphql_partial"),
        ([fault(None), fault("THROTTLED")], True, RateLimited, "rate_limited"),
        ([fault("SHOP_INACTIVE")], False, Outage, "shop_inactive"),
    ],
)
def test_errors_inside_200_are_never_a_success(errors: list[Any], with_data: bool, kind: type, code: str) -> None:
    body = {"errors": errors, **({"data": {"nodes": [{"id": "1"}, None]}} if with_data else {})}
    failure = failure_of(reply(body))
    assert (type(failure), failure.code) == (kind, code)


def test_a_mutation_that_failed_half_way_is_ambiguous() -> None:
    for body in (
        {"data": {"orderMarkAsPaid": None}, "errors": [fault("INTERNAL_SERVER_ERROR")]},
        {"errors": [fault("INTERNAL_SERVER_ERROR")]},
        {"data": None},
    ):
        assert type(failure_of(reply(body), MUTATION)) is Ambiguous


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (302, Outage, "redirected"),
        (400, Rejected, "http_refused"),
        (401, CredentialsRefused, "credentials_refused"),
        (402, Outage, "shop_frozen"),
        (403, CredentialsRefused, "missing_scope"),
        (404, Outage, "no_such_shop"),
        (423, Outage, "shop_locked"),
        (503, Outage, "unavailable"),
    ],
)
@pytest.mark.parametrize("document", [QUERY, MUTATION])
def test_a_status_that_refuses_means_nothing_was_done(status: int, kind: type, code: str, document: Document) -> None:
    failure = failure_of(reply(HTML, status=status, content_type="text/html"), document)
    assert (type(failure), failure.code) == (kind, code)
    assert "Something went wrong" in failure.message
    assert "secret" not in str(failure)


def test_shopifys_own_sentence_is_kept() -> None:
    words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    assert words in failure_of(reply({"errors": words}, status=401)).message


@pytest.mark.parametrize("status", [429, 430, 503])
def test_retry_after_is_obeyed(status: int) -> None:
    failure = failure_of(reply(b"", status=status, headers={"Retry-After": "2.5"}), MUTATION)
    assert isinstance(failure, RateLimited)
    assert failure.after_seconds == 2.5


@pytest.mark.parametrize(
    "answer",
    [
        reply(HTML, content_type="text/html"),
        reply(b'{"data": {"nod'),
        reply([]),
        reply({}),
        reply({"errors": "odd"}),
        reply(HTML, status=500, content_type="text/html"),
        reply(HTML, status=502, content_type="text/html"),
        Reply(reset=True),
        Reply(close=True),
        Reply(reply(b"x" * 50).raw[:-9], close=True),
    ],
)
def test_an_answer_that_tells_nothing_is_transient_or_ambiguous(answer: Reply) -> None:
    assert type(failure_of(answer)) is Transient
    assert type(failure_of(answer, MUTATION)) is Ambiguous


def test_silence_and_dripping_end_in_time() -> None:
    assert type(failure_of(Reply(hang=True), read_timeout=0.2)) is Transient
    assert type(failure_of(Reply(hang=True), MUTATION, read_timeout=0.2)) is Ambiguous
    slow = Reply(reply({"data": {"x": "y" * 500}}).raw, drip_seconds=0.01)
    failure = failure_of(slow, total_timeout=1.2)
    assert (type(failure), failure.code) == (Transient, "timed_out")


def test_nobody_there_is_an_outage_even_for_a_mutation() -> None:
    for url in (f"http://127.0.0.1:{unused_port()}", "http://no-such-host.invalid"):
        client = client_of(url)
        with pytest.raises(Outage):
            client.execute(MUTATION, {})
        client.close()


def test_no_failure_shows_the_token() -> None:
    for answer in (reply({"errors": [fault("x")]}), reply(HTML, status=500), Reply(close=True)):
        failure = failure_of(answer)
        assert TOKEN not in json.dumps([str(failure), failure.details])


def test_calls_are_told_with_their_records_and_failures() -> None:
    told: list[tuple[str, int, type | None]] = []
    with scripted([data({}), reply(b"", status=401)]) as server:
        client = client_of(server, on_call=lambda n, s, r, f: told.append((n, r, type(f) if f else None)))
        client.execute(QUERY, {"ids": []}, records=20)
        with pytest.raises(CredentialsRefused):
            client.execute(QUERY, {"ids": []})
        client.close()
    assert told == [("ask", 20, None), ("ask", 1, CredentialsRefused)]


def test_user_errors_are_rejected_with_field_and_words() -> None:
    check_user_errors({"userErrors": [], "order": {}}, "tell")
    listed = [
        {"field": ["input", "lines", "0"], "message": "is gone", "code": "GONE"},
        {"field": None, "message": "no"},
    ]
    with pytest.raises(Rejected) as caught:
        check_user_errors({"userErrors": listed}, "tell")
    assert caught.value.message == "tell: input.lines.0: is gone; no"
    assert caught.value.details["user_errors"][0]["code"] == "GONE"
    with pytest.raises(Ambiguous):
        check_user_errors(None, "tell")


SHOP = {
    "shop": {
        "id": "x",
        "name": "Acme",
        "myshopifyDomain": "acme.myshopify.com",
        "currencyCode": "EUR",
        "taxesIncluded": True,
    },
    "currentAppInstallation": {"id": "x", "accessScopes": [{"handle": "write_orders"}, {"handle": "read_products"}]},
    "publicApiVersions": [{"handle": "2026-10", "supported": True}, {"handle": "2025-01", "supported": False}],
}


def test_the_check_tells_shop_scopes_and_versions() -> None:
    with scripted([data(SHOP), data(SHOP)]) as server:
        client = client_of(server)
        facts = check_shop(client)
        client.close()
        old = client_of(server, api_version="2025-01")
        assert not check_shop(old).version_supported
        old.close()
    assert (facts.domain, facts.currency, facts.taxes_included) == ("acme.myshopify.com", "EUR", True)
    assert facts.missing_scopes == ("read_customers", "read_returns", "read_payment_terms")
    assert facts.version_supported


def test_a_check_that_cannot_be_read_is_told() -> None:
    for missing in SHOP:
        with scripted([data({**SHOP, missing: None})]) as server:
            client = client_of(server)
            with pytest.raises(Rejected, match="shop_check"):
                check_shop(client)
            client.close()


@pytest.mark.skipif(not RESPONSES.is_dir(), reason="the recorded responses are not at hand")
def test_recorded_refusals_are_told_apart() -> None:
    def recorded(name: str, status: int = 200) -> Failure:
        body = json.loads((RESPONSES / f"err_{name}.json").read_text(encoding="utf-8"))["response"]
        return failure_of(reply(body, status=status))

    throttled = recorded("throttled_http200")
    assert isinstance(throttled, RateLimited)
    assert throttled.after_seconds == 1.0
    assert isinstance(recorded("max_cost_exceeded"), QueryTooExpensive)
    assert recorded("idempotent_missing").code == "graphql_invalid"
    assert recorded("change_from_quantity_missing").code == "graphql_invalid"
    for name, status in (("invalid_token", 401), ("non_expiring_token_rest", 403)):
        failure = recorded(name, status)
        assert isinstance(failure, CredentialsRefused)
        assert "[API]" in failure.message


def test_threads_may_share_a_client() -> None:
    from concurrent.futures import ThreadPoolExecutor

    numbers = itertools.count()
    with scripted(lambda request: data({"n": request.json["variables"]["ids"], "i": next(numbers)})) as server:
        client = client_of(server)

        def ask(n: int) -> bool:
            return bool(client.execute(QUERY, {"ids": [str(n)]})["n"] == [str(n)])

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(80)))
        client.close()
