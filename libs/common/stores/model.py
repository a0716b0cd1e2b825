"""A store: a Shopify shop linked to an Odoo company, as `tandem store add FILE.yaml` takes it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator

from libs.common.domain.rules import StoreRules

SLUG_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
SHOP_PATTERN = r"^[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com$"


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty: an empty secret would let anybody in")
    return value


Secret = Annotated[SecretStr, AfterValidator(_not_empty)]


class ShopifyConnection(BaseModel):
    """How to reach the shop. `secret` signs webhooks; `previous_secret` is still accepted after a rotation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shop: str = Field(pattern=SHOP_PATTERN, description="acme.myshopify.com")
    secret: Secret
    previous_secret: Secret | None = None
    token: Secret
    url: HttpUrl | None = Field(default=None, description="only for a sandbox; https://<shop> otherwise")

    @property
    def base_url(self) -> str:
        return str(self.url).rstrip("/") if self.url else f"https://{self.shop}"


class OdooConnection(BaseModel):
    """How to reach the company: an API key goes where a password would."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: HttpUrl
    database: str = Field(min_length=1)
    login: str = Field(min_length=1)
    key: Secret
    company_id: int = Field(default=1, gt=0)

    @property
    def base_url(self) -> str:
        return str(self.url).rstrip("/")


class Store(BaseModel):
    """Everything Tandem knows of a store. Secrets leave this object only encrypted or towards their own side."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: str = Field(pattern=SLUG_PATTERN, description="short name: in record ids, routing keys and external ids")
    shopify: ShopifyConnection
    odoo: OdooConnection
    rules: StoreRules = Field(default_factory=StoreRules)
    version: int = Field(default=0, ge=0, description="counts up with every change; set by the ledger")

    @field_validator("slug")
    @classmethod
    def _slug(cls, value: str) -> str:
        if not re.fullmatch(SLUG_PATTERN, value):
            raise ValueError("use lower-case letters, digits and hyphens, beginning with a letter")
        return value

    @property
    def external_id_module(self) -> str:
        """The module part of every external id this store makes in Odoo: `tandem_acme`."""
        return "tandem_" + self.slug.replace("-", "_")
