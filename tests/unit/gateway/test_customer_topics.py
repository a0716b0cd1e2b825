"""Customers, merges, companies and the compliance topics, from the webhook to the hint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.webhook_gateway.topics import read_hint
from tests.unit.gateway.world import running

WHO = {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"}


@pytest.mark.parametrize(
    ("topic", "body", "source_id", "told"),
    [
        (
            "customers/redact",
            {"shop_domain": "acme.myshopify.com", "customer": WHO, "orders_to_redact": [299938, 280263]},
            "redact-191167",
            {"customer": "191167", "orders": "299938,280263", "email": "john@example.com", "phone": "555-625-1199"},
        ),
        (
            "customers/data_request",
            {"customer": WHO, "orders_requested": [299938], "data_request": {"id": 9999}},
            "request-9999",
            {"customer": "191167", "orders": "299938", "email": "john@example.com", "phone": "555-625-1199"},
        ),
        ("shop/redact", {"shop_id": 954889, "shop_domain": "acme.myshopify.com"}, "redact-shop", {}),
        ("customers/redact", {}, "unread", {}),
        ("customers/redact", {"customer": {"id": 1.5}, "orders_to_redact": "all"}, "unread", {}),
    ],
)
async def test_a_compliance_topic_is_recorded_with_what_only_it_tells_and_answered_200(
    topic: str, body: dict[str, Any], source_id: str, told: dict[str, str]
) -> None:
    async with running() as world:
        answer = await world.post(json.dumps(body).encode(), topic=topic)
        assert answer.status_code == 200
        [hint] = world.sink.hints
    assert hint.entity == "privacy"
    assert hint.source_id == source_id or hint.source_id.startswith(f"redact-{source_id}-")
    assert dict(hint.told) == {"kind": topic, **told}


async def test_a_compliance_topic_that_is_no_json_is_recorded_and_answered_200_too() -> None:
    async with running() as world:
        assert (await world.post(b"\xff not json", topic="customers/redact")).status_code == 200
        assert len(world.sink.hints) == 1


def test_a_merge_is_a_hint_for_the_customer_that_is_gone_and_says_who_stays() -> None:
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "status": "completed",
    }
    hint = read_hint(json.dumps(body).encode(), store="acme", topic="customers/merge", delivery_id="d")
    assert (hint.entity, hint.source_id, dict(hint.told)) == ("customer", "2", {"merged_into": "1"})


def test_a_merge_that_failed_gives_the_customer_to_nobody() -> None:
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "status": "failed",
        "errors": [{"customer_ids": [1], "field": "merge_in_progress", "message": "is being merged"}],
    }
    hint = read_hint(json.dumps(body).encode(), store="acme", topic="customers/merge", delivery_id="d")
    assert (hint.entity, hint.source_id, dict(hint.told)) == ("customer", "2", {"merged_into": ""})


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (
            "customers_email_marketing_consent/update",
            {"customer_id": 706405506930370084, "email_address": "b@x.example"},
        ),
        ("customers_marketing_consent/update", {"id": 706405506930370084, "phone": None}),
    ],
)
def test_consent_is_a_hint_for_its_customer(topic: str, body: dict[str, Any]) -> None:
    hint = read_hint(json.dumps(body).encode(), store="acme", topic=topic, delivery_id=None)
    assert (hint.entity, hint.source_id) == ("customer", "706405506930370084")


@pytest.mark.parametrize("topic", ["company_locations/create", "company_locations/update", "companies/update"])
def test_a_location_is_a_hint_for_its_company(topic: str) -> None:
    company = {"name": "Wayne", "admin_graphql_api_id": "gid://shopify/Company/77"}
    body = {"name": "HQ", "admin_graphql_api_id": "gid://shopify/CompanyLocation/9", "company": company}
    sent = company if topic == "companies/update" else body
    hint = read_hint(json.dumps(sent).encode(), store="acme", topic=topic, delivery_id=None)
    assert (hint.entity, hint.source_id) == ("company", "77")
