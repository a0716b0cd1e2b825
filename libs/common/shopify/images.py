"""Pictures from Shopify's storage: fetched within limits, and looked at before anybody is given one."""

from __future__ import annotations

import requests

from libs.common.errors import RateLimited, Rejected, Transient
from libs.common.http import describe_body, open_session, retry_after_seconds
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.reading import Node

UNREADABLE_IMAGE = "image_unreadable"
MAX_BYTES = 20 * 1024 * 1024
#: Where no `Retry-After` says how long.
PATIENCE_SECONDS = 2.0
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 15.0, 30.0
_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


def is_image(content: bytes) -> bool:
    """By its first bytes, whatever the server calls it: PNG, JPEG, GIF or WebP."""
    return content.startswith(_HEADS) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")


def image_type(content: bytes) -> str:
    """`image/png`; "" for what is no image."""
    kinds = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"))
    found = next((kind for head, kind in kinds if content.startswith(head)), "")
    return f"image/{found}" if found and is_image(content) else ""


def upload_image(client: ShopifyClient, name: str, content: bytes) -> str:
    """Puts a picture where Shopify fetches it from; the address to name it by. Repeatable.

    Raises Rejected (code `image_unreadable`) for what is no picture or too large.
    """
    kind = image_type(content)
    if not kind or len(content) > MAX_BYTES:
        what = f"the picture {name} " + (f"has {len(content)} bytes" if kind else "is no image")
        raise Rejected(what, "shopify", UNREADABLE_IMAGE, "replace the picture in Odoo, then retry")
    filename = f"{name}.{kind.partition('/')[2]}"
    wanted = {"filename": filename, "mimeType": kind, "httpMethod": "PUT", "resource": "IMAGE"}
    answer = client.execute(document("staged_uploads_create"), {"input": [{**wanted, "fileSize": str(len(content))}]})
    payload = Node.of(answer.get("stagedUploadsCreate"), "stagedUploadsCreate")
    errors = [error.text("message") for error in payload.nodes("userErrors")]
    if errors:
        raise Rejected("; ".join(errors), "shopify", UNREADABLE_IMAGE, "replace the picture in Odoo, then retry")
    target = next(iter(payload.nodes("stagedTargets")))
    url = target.text("url")
    session = open_session(url, total_seconds=TOTAL_SECONDS, pool_size=1)
    try:
        put = session.put(url, data=content, headers={"Content-Type": kind}, timeout=(CONNECT_SECONDS, READ_SECONDS))
    except requests.RequestException as error:
        raise Transient(f"the picture {name} could not be sent: {type(error).__name__}", "shopify", "image") from None
    finally:
        session.close()
    _be_patient(put, f"the picture {name}")
    if not put.ok:
        raise Transient(f"the picture {name} was answered HTTP {put.status_code}", "shopify", "image")
    return target.text("resourceUrl")


def fetch_image(url: str) -> bytes:
    """Raises Rejected (code `image_unreadable`) for what is no picture, Transient or RateLimited for what may pass."""
    session = open_session(url, total_seconds=TOTAL_SECONDS, pool_size=1)
    try:
        response = session.get(url, timeout=(CONNECT_SECONDS, READ_SECONDS))
    except requests.RequestException as error:
        raise Transient(f"the image {url} could not be fetched: {type(error).__name__}", "shopify", "image") from None
    finally:
        session.close()
    _be_patient(response, f"the image {url}")
    if response.status_code >= requests.codes.server_error:
        raise Transient(f"the image {url} answered HTTP {response.status_code}", "shopify", "image")
    content = response.content
    if response.status_code != requests.codes.ok or not is_image(content):
        found = describe_body(content, response.headers.get("Content-Type", ""))
        raise _unreadable(url, f"is no image: HTTP {response.status_code}, {found}")
    if len(content) > MAX_BYTES:
        raise _unreadable(url, f"has {len(content)} bytes; {MAX_BYTES} are the most")
    return content


def _be_patient(response: requests.Response, what: str) -> None:
    """Raises RateLimited where the storage asks for it."""
    asked = response.status_code == requests.codes.service_unavailable and "Retry-After" in response.headers
    if asked or response.status_code == requests.codes.too_many_requests:
        seconds = retry_after_seconds(response.headers, default=PATIENCE_SECONDS)
        message = f"{what} was answered HTTP {response.status_code}"
        raise RateLimited(message, "shopify", after_seconds=seconds)


def _unreadable(url: str, what: str) -> Rejected:
    hint = "replace the image in Shopify, then retry"
    return Rejected(f"the image {url} {what}", "shopify", UNREADABLE_IMAGE, hint, {"url": url})
