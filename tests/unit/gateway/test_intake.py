"""The path of one webhook through the application, in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import structlog

from tests.unit.gateway.world import SECRET, headers, order, running, store, until


async def test_a_signed_order_is_recorded_and_then_acknowledged() -> None:
    async with running() as world:
        answer = await world.post(order())
        assert answer.status_code == 200
        assert answer.text == ""
        [hint] = world.sink.hints
    assert hint.id == "acme/order/450789469"
    assert hint.version == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert (hint.name, hint.why, hint.delivery_id) == (
        "#1001",
        "orders/create",
        "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    )


async def test_nothing_is_acknowledged_before_the_write_has_returned() -> None:
    async with running() as world:
        world.sink.gate.clear()
        request = asyncio.create_task(world.post(order()))
        await until(lambda: world.sink.writes)
        await asyncio.sleep(0.05)
        assert not request.done()
        world.sink.gate.set()
        assert (await request).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "AAAA"},
        {"signature": "nonsense \xe9"},
        {"secret": "another shop's secret"},
        {"shop": "stranger.myshopify.com"},
        {"shop": None},
        {"shop": "x" * 5000},
    ],
)
async def test_what_is_not_signed_by_its_shop_is_refused_and_not_recorded(changes: dict[str, str]) -> None:
    async with running() as world:
        body = order()
        given = [(name.encode(), value.encode("latin-1")) for name, value in headers(body, **changes).items()]
        answer = await world.client.post("/webhooks/shopify", content=body, headers=given)
        assert answer.status_code == 401
        assert not world.sink.hints
        assert not world.sink.writes


async def test_another_shops_secret_does_not_open_this_one() -> None:
    async with running(store("acme"), store("other", secret="other's")) as world:
        assert (await world.post(order(), secret="other's")).status_code == 401
        assert (await world.post(order(), secret="other's", shop="other.myshopify.com")).status_code == 200
        assert [hint.store for hint in world.sink.hints] == ["other"]


async def test_the_header_names_and_the_shop_may_be_in_any_case() -> None:
    async with running() as world:
        body = order()
        given = {name.upper(): value for name, value in headers(body, shop="ACME.myShopify.com").items()}
        assert (await world.client.post("/webhooks/shopify", content=body, headers=given)).status_code == 200


async def test_the_old_secret_is_accepted_after_a_rotation() -> None:
    async with running(store(secret="new", previous=SECRET)) as world:
        assert (await world.post(order())).status_code == 200
        assert (await world.post(order(2), secret="new")).status_code == 200


async def test_a_rotated_secret_is_found_at_the_first_webhook_signed_with_it() -> None:
    async with running(stores_refresh_seconds=0.0) as world:
        assert (await world.post(order())).status_code == 200
        world.stores.save(store(secret="fresh", previous=SECRET))
        assert (await world.post(order(2), secret="fresh")).status_code == 200


async def test_a_store_added_while_running_is_found() -> None:
    async with running(stores_refresh_seconds=0.0) as world:
        assert (await world.post(order(), shop="late.myshopify.com")).status_code == 401
        world.stores.save(store("late"))
        assert (await world.post(order(), shop="late.myshopify.com")).status_code == 200


async def test_strangers_do_not_make_the_stores_be_read_for_every_request() -> None:
    async with running(stores_refresh_seconds=60.0) as world:
        answers = await asyncio.gather(*(world.post(order(), shop=f"s{n}.myshopify.com") for n in range(50)))
        assert {answer.status_code for answer in answers} == {401}
        assert world.stores.reads == 1


async def test_known_shops_are_served_while_the_stores_cannot_be_read() -> None:
    async with running(stores_seconds=0.1, stores_refresh_seconds=0.0) as world:
        assert (await world.post(order(1))).status_code == 200
        world.stores.away = True
        await asyncio.sleep(0.12)
        assert (await world.post(order(2))).status_code == 200
        assert (await world.post(order(3), shop="new.myshopify.com")).status_code == 503


async def test_a_body_over_the_limit_is_refused_by_its_announced_length() -> None:
    async with running(body_limit_bytes=1024) as world:
        answer = await world.post(b"x" * 1025)
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"


async def test_a_body_over_the_limit_is_refused_while_it_streams_in() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 512
            yield b"x" * 512

    async with running(body_limit_bytes=1024) as world:
        answer = await world.client.post("/webhooks/shopify", content=endless(), headers=headers(b""))
        assert answer.status_code == 413
    assert sent < 4096


async def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    async with running(body_seconds=0.1) as world:
        answer = await world.client.post("/webhooks/shopify", content=slow(), headers=headers(b"{}"))
        assert answer.status_code == 408


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"12",
        b"{}",
        b'{"id": null}',
        b'{"id": true}',
        b'{"id": 8.2e17}',
        b'{"id": -5}',
        b'{"id": "1/../../2"}',
        b'{"id": "' + b"1" * 30 + b'"}',
        b'{"id": ' + b"1" * 5000 + b"}",
        b'{"admin_graphql_api_id": "gid://shopify/Order/"}',
        b"[" * 100_000,
    ],
)
async def test_a_signed_body_without_a_usable_id_is_refused_and_not_recorded(body: bytes) -> None:
    async with running() as world:
        assert (await world.post(body)).status_code == 400
        assert not world.sink.writes


async def test_the_global_id_goes_before_a_number_that_lost_digits() -> None:
    async with running() as world:
        body = json.dumps(
            {"id": 8.209829119461545e17, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508"}
        )
        assert (await world.post(body.encode())).status_code == 200
        assert [hint.source_id for hint in world.sink.hints] == ["820982911946154508"]


async def test_an_edit_is_a_hint_for_its_order() -> None:
    async with running() as world:
        body = b'{"order_edit": {"id": 5, "order_id": 820982911946154500}}'
        assert (await world.post(body, topic="orders/edited")).status_code == 200
        assert [hint.id for hint in world.sink.hints] == ["acme/order/820982911946154500"]
        assert (await world.post(b'{"order_edit": 3}', topic="orders/edited")).status_code == 400


async def test_a_return_is_a_hint_for_its_order_and_a_refund_for_itself() -> None:
    async with running() as world:
        body = b'{"id": 7, "updated_at": "2026-11-23T07:00:00Z", "order": {"id": 820982911946154500}}'
        assert (await world.post(body, topic="returns/approve")).status_code == 200
        refund = b'{"id": 509562969, "order_id": 450789469, "admin_graphql_api_id": "gid://shopify/Refund/509562969"}'
        assert (await world.post(refund, topic="refunds/create")).status_code == 200
        assert [hint.id for hint in world.sink.hints] == ["acme/order/820982911946154500", "acme/refund/509562969"]
        assert world.sink.hints[0].version is None, "the return's time is not the order's"
        assert (await world.post(b'{"id": 7}', topic="returns/approve")).status_code == 400


async def test_a_transaction_is_a_hint_for_its_payment() -> None:
    async with running() as world:
        transaction = {"id": 389404469, "order_id": 450789469, "kind": "capture", "amount": "10.00"}
        gid = "gid://shopify/OrderTransaction/389404469"
        body = json.dumps({**transaction, "admin_graphql_api_id": gid}).encode()
        assert (await world.post(body, topic="order_transactions/create")).status_code == 200
        assert [(hint.id, hint.version) for hint in world.sink.hints] == [("acme/payment/389404469", None)]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-23T07:00:00", "0001-01-01T00:00:00+14:00", 5, None])
async def test_an_unusable_time_makes_a_hint_without_version(moment: object) -> None:
    async with running() as world:
        assert (await world.post(order(updated_at=moment))).status_code == 200
        assert world.sink.hints[0].version is None


async def test_a_name_that_no_database_could_store_is_mended() -> None:
    async with running() as world:
        assert (await world.post(b'{"id": 1, "name": "#\\ud800"}')).status_code == 200
        assert world.sink.hints[0].name == "#?"


async def test_a_topic_nobody_works_on_is_acknowledged_and_counted() -> None:
    async with running() as world:
        assert (await world.post(b"anything", topic="carts/update")).status_code == 200
        assert not world.sink.writes
        assert await world.counted('tandem_gateway_unhandled_topics_total{topic="carts/update"}') == 1
        assert await world.counted('tandem_gateway_webhooks_total{outcome="unhandled"}') == 1


async def test_invented_topics_do_not_grow_the_metrics_without_end() -> None:
    async with running() as world:
        for number in range(150):
            assert (await world.post(b"x", topic=f"made/up{number}")).status_code == 200
        text = (await world.client.get("/metrics")).text
        assert text.count("tandem_gateway_unhandled_topics_total{") == 101


async def test_a_ledger_that_is_away_gets_503_with_a_time_to_come_back() -> None:
    async with running() as world:
        world.sink.away = True
        answer = await world.post(order())
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        world.sink.away = False
        assert (await world.post(order())).status_code == 200


async def test_a_ledger_that_hangs_gets_503_within_the_deadline() -> None:
    async with running(ack_seconds=0.2) as world:
        world.sink.gate.clear()
        async with asyncio.timeout(2):
            assert (await world.post(order())).status_code == 503
        world.sink.gate.set()


async def test_a_sender_gets_no_word_of_what_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as world:

        def broken() -> list[object]:
            raise RuntimeError("jon@example.com, secret hush-hush")

        monkeypatch.setattr(world.stores, "all", broken)
        with structlog.testing.capture_logs() as logs:
            answer = await world.post(order())
        assert answer.status_code == 500
        assert answer.text == "internal error"
        assert "hush" not in str(logs)
        assert any(line["event"] == "webhook_failed" for line in logs)


async def test_no_log_line_holds_anything_of_a_body() -> None:
    async with running() as world:
        with structlog.testing.capture_logs() as logs:
            await world.post(order())
            await world.post(order(), secret="wrong")
            await world.post(b'{"email": "jon@example.com"}')
            world.sink.away = True
            await world.post(order(2))
        assert len(logs) >= 3
        assert "jon@example.com" not in str(logs)
        assert SECRET not in str(logs)


async def test_a_flood_of_refusals_is_no_flood_of_log_lines() -> None:
    async with running() as world:
        with structlog.testing.capture_logs() as logs:
            for _ in range(100):
                await world.post(order(), signature="AAAA")
        assert len([line for line in logs if line["event"] == "webhook_refused"]) <= 3
        assert await world.counted('tandem_gateway_webhooks_total{outcome="bad_signature"}') == 100


async def test_only_post_is_taken_and_only_there() -> None:
    async with running() as world:
        assert (await world.client.get("/webhooks/shopify")).status_code == 405
        assert (await world.client.post("/elsewhere")).status_code == 404


async def test_health_says_alive_always_and_ready_while_the_ledger_answers() -> None:
    async with running() as world:
        assert (await world.client.get("/health/live")).status_code == 200
        answer = await world.client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (200, {"ledger": True, "broker": True})


async def test_not_ready_while_the_ledger_is_away() -> None:
    async with running() as world:
        world.sink.away = True
        answer = await world.client.get("/health/ready")
        assert (answer.status_code, answer.json()["ledger"]) == (503, False)
        assert (await world.client.get("/health/live")).status_code == 200
