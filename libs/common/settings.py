"""Configuration: environment variables that begin with `TANDEM_`, checked as a whole before anything starts.

Each service has its class; `load` reads it from the environment and, for what is not set there, from a
`.env` file. Every fault is reported at once, one sentence each, so that nobody mends them one boot at a time.

The README's table and `.env.example` are rendered from the classes below by `libs.common.settings_page`.
"""

from __future__ import annotations

import base64
import binascii
import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from libs.common.errors import ConfigurationError

EMBEDDED = "embedded"
ENV_FILE = Path(".env")
PREFIX = "TANDEM_"
FERNET_KEY_BYTES = 32
MONGODB_SCHEMES = ("mongodb://", "mongodb+srv://")
BROKER_SCHEMES = ("amqp://", "amqps://")


class CommonSettings(BaseSettings):
    """What every service needs: its ledger, its broker, the key of the stores' secrets, and how to log."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)
    part: ClassVar[str] = ""
    title: ClassVar[str] = "every service"

    ledger_url: str = Field(
        repr=False,
        description="MongoDB replica set, `mongodb://host:27017/?replicaSet=rs0`; `embedded` only in one process",
    )
    ledger_database: str = Field(
        default="tandem", pattern=r"^[A-Za-z0-9_-]{1,38}$", description="name of the database in MongoDB"
    )
    broker_url: str = Field(
        repr=False,
        description="RabbitMQ, `amqp://user:password@host:5672/vhost`; `embedded` only in one process",
    )
    secret_key: SecretStr = Field(
        description="encrypts the stores' secrets: 32 bytes in URL-safe base64 (`openssl rand -base64 32 | tr +/ -_`); "
        "while it is changed, the new one, a comma and the old one"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")
    log_format: Literal["json", "console"] = Field(
        default="json", description="`json`: one object a line; `console`: for a person's eyes"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given: `load` alone reads the environment, so a test's settings are what it says."""
        return (init_settings,)

    @field_validator("ledger_url")
    @classmethod
    def _ledger_url(cls, value: str) -> str:
        return _address(value, MONGODB_SCHEMES)

    @field_validator("broker_url")
    @classmethod
    def _broker_url(cls, value: str) -> str:
        return _address(value, BROKER_SCHEMES)

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: SecretStr) -> SecretStr:
        keys = [key.strip() for key in value.get_secret_value().split(",") if key.strip()]
        if not keys:
            raise ValueError("is empty; set it to 32 bytes in URL-safe base64")
        if not all(_is_fernet_key(key) for key in keys):
            raise ValueError("is not a key; set it to 32 bytes in URL-safe base64, several parted by commas")
        return SecretStr(",".join(keys))


class GatewaySettings(CommonSettings):
    """The public door: `python -m services.webhook_gateway`."""

    part: ClassVar[str] = "GATEWAY_"
    title: ClassVar[str] = "gateway"

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    body_limit_bytes: int = Field(
        default=4_194_304, ge=1024, le=67_108_864, description="a larger body is refused with 413"
    )
    body_seconds: float = Field(
        default=3.0, ge=0.05, le=4.0, description="a body that takes longer to arrive is refused with 408"
    )
    ack_seconds: float = Field(
        default=4.0, ge=0.1, le=4.5, description="503 when the ledger has not answered by then; Shopify waits 5 s"
    )
    writers: int = Field(default=4, ge=1, le=64, description="ledger writes at the same time")
    batch_limit: int = Field(default=100, ge=1, le=1000, description="hints in one ledger write, at most")
    pending_limit: int = Field(
        default=5000, ge=1, le=100_000, description="requests that wait for the ledger; 503 for more"
    )
    stores_seconds: float = Field(default=30.0, ge=0.1, le=3600, description="how long a store is kept in memory")
    stores_refresh_seconds: float = Field(
        default=2.0, ge=0.0, le=60, description="an unknown shop or a bad signature reloads stores once in this time"
    )
    nudge_seconds: float = Field(
        default=0.01, ge=0.0, le=5, description="how long nudges are gathered into one message"
    )
    nudge_buffer: int = Field(
        default=20_000,
        ge=1,
        le=1_000_000,
        description="nudges kept while the broker is away; the sweeper sends the rest",
    )
    grace_seconds: float = Field(default=15.0, ge=0.1, le=300, description="time to finish requests after SIGTERM")


class WorkerSettings(CommonSettings):
    """One entity's worker: `python -m services.workers orders`."""

    part: ClassVar[str] = "WORKER_"
    title: ClassVar[str] = "workers"

    batch_size: int = Field(default=20, ge=1, le=100, description="records of one store synced together, at most")
    threads: int = Field(default=2, ge=1, le=64, description="batches at the same time in one process")
    lease_seconds: float = Field(
        default=120, ge=1, le=3600, description="a worker silent for so long has lost its records to another"
    )
    grace_seconds: float = Field(
        default=25, ge=0.1, le=300, description="time to finish a batch after SIGTERM; the rest is handed back"
    )
    max_attempts: int = Field(default=8, ge=1, le=100, description="failures in a row before a record is held")
    backoff_base_seconds: float = Field(default=2, ge=0.01, le=3600, description="the first retry's longest delay")
    backoff_cap_seconds: float = Field(default=3600, ge=0.01, le=86_400, description="any retry's longest delay")
    short_wait_seconds: float = Field(
        default=2,
        ge=0,
        le=60,
        description="a wait for a rate limit up to this is slept, a longer one defers the record",
    )
    metrics_host: str = Field(default="127.0.0.1", min_length=1, description="address of `/metrics`")
    metrics_port: int = Field(default=0, ge=0, le=65535, description="port of `/metrics`; 0 serves none")

    @field_validator("backoff_cap_seconds")
    @classmethod
    def _cap(cls, value: float, info: ValidationInfo) -> float:
        base = info.data.get("backoff_base_seconds")
        if base is not None and value < base:
            raise ValueError(f"is {value:g}, below TANDEM_WORKER_BACKOFF_BASE_SECONDS; set it to {base:g} or more")
        return value


class SchedulerSettings(CommonSettings):
    """Sweeper and upkeep: `python -m services.scheduler`."""

    part: ClassVar[str] = "SCHEDULER_"
    title: ClassVar[str] = "scheduler"

    sweep_seconds: float = Field(default=5, ge=0.05, le=3600, description="time between two sweeps")
    overdue_seconds: float = Field(
        default=60, ge=0.1, le=86_400, description="a record nudged but not taken for so long is nudged again"
    )
    outstanding_limit: int = Field(
        default=2000, ge=1, le=1_000_000, description="records on their way through the broker at once, at most"
    )
    poll_seconds: float = Field(
        default=30, ge=0.05, le=86_400, description="time between two looks at what changed in each store's Odoo"
    )
    leader_lease_seconds: float = Field(
        default=15, ge=0.3, le=3600, description="when the acting scheduler dies, another acts after this"
    )
    metrics_host: str = Field(default="127.0.0.1", min_length=1, description="address of `/metrics`")
    metrics_port: int = Field(default=0, ge=0, le=65535, description="port of `/metrics`; 0 serves none")


SETTINGS_CLASSES: tuple[type[CommonSettings], ...] = (
    CommonSettings,
    GatewaySettings,
    WorkerSettings,
    SchedulerSettings,
)
S = TypeVar("S", bound=CommonSettings)


def _is_fernet_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == FERNET_KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _address(value: str, schemes: tuple[str, ...]) -> str:
    """`embedded`, or an address of one of `schemes`; what was given is not repeated, it may hold a password."""
    if value == EMBEDDED or any(value.startswith(scheme) and len(value) > len(scheme) for scheme in schemes):
        return value
    raise ValueError(f"is not an address; set it to {schemes[0]}… or to `{EMBEDDED}`")


def variable(settings: type[CommonSettings], name: str) -> str:
    """`variable(GatewaySettings, "port")` is `TANDEM_GATEWAY_PORT`; an inherited field keeps its first name."""
    owner = next(base for base in settings.__mro__ if name in inspect.get_annotations(base))
    return f"{PREFIX}{getattr(owner, 'part', '')}{name.upper()}"


class Variables(PydanticBaseSettingsSource):
    """Takes a settings class's fields from a mapping of variables; an empty one counts as not set."""

    def __init__(self, settings_cls: type[CommonSettings], variables: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self._settings = settings_cls
        self._variables = variables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - its signature
        return self._variables.get(variable(self._settings, field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self._settings.model_fields.items()}
        return {name: value.strip() for name, value in found.items() if value is not None and value.strip()}


def load(
    settings: type[S],
    environ: Mapping[str, str] | None = None,
    *,
    env_file: Path | None = ENV_FILE,
    allow_embedded: bool = True,
) -> S:
    """The settings of one service; the environment goes before `env_file`, which need not exist.

    `allow_embedded` is false for a service in a process of its own: an engine inside it would be of no use to the rest.
    Raises ConfigurationError with every fault, one sentence each: which variable, what is wrong, what to do.
    """
    variables: dict[str, str | None] = {}
    if env_file is not None and env_file.is_file():
        variables.update(dotenv_values(env_file, interpolate=False))
    variables.update(os.environ if environ is None else environ)
    values = Variables(settings, variables)()
    problems: list[str] = []
    if not allow_embedded:
        problems += [
            f"{variable(settings, name)} is `{EMBEDDED}`, which works in one process only; give a server's address."
            for name in ("ledger_url", "broker_url")
            if values.get(name) == EMBEDDED
        ]
    try:
        loaded = settings(**values)
    except ValidationError as error:
        problems += [_sentence(settings, each) for each in error.errors(include_url=False)]
        raise ConfigurationError(problems) from None
    if problems:
        raise ConfigurationError(problems)
    return loaded


def _sentence(settings: type[CommonSettings], error: ErrorDetails) -> str:
    """`TANDEM_GATEWAY_PORT is 'http', not a whole number; set it to 0 to 65535 (default 8080).`"""
    name = str(error["loc"][0])
    field = settings.model_fields[name]
    what = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        what = f"is not set; set it: {field.description}"
    elif error["type"] != "value_error":
        what = (
            f"is {error['input']!r}, which is not {_expected(field)}; change it or leave it out for {field.default!r}"
        )
    return f"{variable(settings, name)} {what}."


def _expected(field: FieldInfo) -> str:
    """What a field takes, in words: `a whole number from 0 to 65535`."""
    if field.annotation not in {int, float}:
        choices = getattr(field.annotation, "__args__", ())
        return " or ".join(repr(each) for each in choices) if choices else "allowed here"
    kind = "a whole number" if field.annotation is int else "a number"
    lowest = next((item.ge for item in field.metadata if hasattr(item, "ge")), None)
    highest = next((item.le for item in field.metadata if hasattr(item, "le")), None)
    return f"{kind} from {lowest} to {highest}"
