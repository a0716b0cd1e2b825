"""Configuration: read as a whole, every fault told at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from libs.common.errors import ConfigurationError
from libs.common.settings import (
    SETTINGS_CLASSES,
    CommonSettings,
    GatewaySettings,
    SchedulerSettings,
    WorkerSettings,
    load,
    variable,
)
from libs.common.settings_page import render_example, render_table, rows, unknown_variables

ROOT = Path(__file__).parents[3]
GOOD = {
    "TANDEM_LEDGER_URL": "mongodb://user:pass-word@ledger:27017/?replicaSet=rs0",
    "TANDEM_BROKER_URL": "amqp://user:pass-word@broker:5672/",
    "TANDEM_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


def problems(settings: type[CommonSettings], environ: dict[str, str], *, allow_embedded: bool = True) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(settings, environ, env_file=None, allow_embedded=allow_embedded)
    return caught.value.problems


def test_the_defaults_are_those_promised() -> None:
    worker = load(WorkerSettings, GOOD, env_file=None)
    assert (worker.batch_size, worker.threads, worker.lease_seconds) == (20, 2, 120)
    assert (worker.grace_seconds, worker.max_attempts) == (25, 8)
    scheduler = load(SchedulerSettings, GOOD, env_file=None)
    assert (scheduler.sweep_seconds, scheduler.overdue_seconds) == (5, 60)
    assert (scheduler.outstanding_limit, scheduler.leader_lease_seconds) == (2000, 15)
    assert load(CommonSettings, GOOD, env_file=None).ledger_database == "tandem"


@pytest.mark.parametrize("settings", SETTINGS_CLASSES)
def test_every_variable_sets_its_field(settings: type[CommonSettings]) -> None:
    fields = settings.model_fields
    environ = GOOD | {
        variable(settings, name): str(fields[name].default) for name in fields if not fields[name].is_required()
    }
    loaded = load(settings, environ, env_file=None)
    assert all(getattr(loaded, name) == fields[name].default for name in fields if not fields[name].is_required())


def test_a_gateways_variable_is_the_gateways_and_a_common_one_is_everybodys() -> None:
    environ = GOOD | {"TANDEM_GATEWAY_PORT": "9", "TANDEM_LOG_LEVEL": "debug", "TANDEM_PORT": "10"}
    loaded = load(GatewaySettings, environ, env_file=None)
    assert (loaded.port, loaded.log_level) == (9, "debug")


def test_every_fault_is_told_at_once_with_what_to_do() -> None:
    told = problems(
        WorkerSettings,
        {
            "TANDEM_LEDGER_URL": "ledger:27017",
            "TANDEM_SECRET_KEY": "c2hvcnQ=",
            "TANDEM_LOG_LEVEL": "loud",
            "TANDEM_LEDGER_DATABASE": "a b",
            "TANDEM_WORKER_THREADS": "many",
            "TANDEM_WORKER_BATCH_SIZE": "0",
            "TANDEM_WORKER_BACKOFF_BASE_SECONDS": "50",
            "TANDEM_WORKER_BACKOFF_CAP_SECONDS": "5",
        },
    )
    names = [problem.split()[0] for problem in told]
    assert sorted(names) == [
        "TANDEM_BROKER_URL",
        "TANDEM_LEDGER_DATABASE",
        "TANDEM_LEDGER_URL",
        "TANDEM_LOG_LEVEL",
        "TANDEM_SECRET_KEY",
        "TANDEM_WORKER_BACKOFF_CAP_SECONDS",
        "TANDEM_WORKER_BATCH_SIZE",
        "TANDEM_WORKER_THREADS",
    ]
    assert all(problem.endswith(".") for problem in told)
    by_name = dict(zip(names, told, strict=True))
    assert "is not set" in by_name["TANDEM_BROKER_URL"]
    assert "a whole number from 1 to 64" in by_name["TANDEM_WORKER_THREADS"]
    assert "'debug' or 'info'" in by_name["TANDEM_LOG_LEVEL"]


@pytest.mark.parametrize("key", ["", "   ", "hush-hush-not-a-key", "c2hvcnQ=", "!" * 44])
def test_an_empty_or_unusable_key_is_refused_without_repeating_it(key: str) -> None:
    told = problems(CommonSettings, GOOD | {"TANDEM_SECRET_KEY": key})
    assert len(told) == 1
    assert told[0].startswith("TANDEM_SECRET_KEY ")
    assert "hush" not in told[0]


def test_two_keys_may_be_given_while_the_key_is_changed() -> None:
    key = GOOD["TANDEM_SECRET_KEY"]
    loaded = load(CommonSettings, GOOD | {"TANDEM_SECRET_KEY": f" {key} , {key}"}, env_file=None)
    assert loaded.secret_key.get_secret_value() == f"{key},{key}"
    assert problems(CommonSettings, GOOD | {"TANDEM_SECRET_KEY": f"{key},short"})


def test_no_fault_repeats_a_password() -> None:
    told = problems(CommonSettings, GOOD | {"TANDEM_LEDGER_URL": "mongo://user:pass-word@ledger"})
    assert "pass-word" not in str(told)


def test_settings_do_not_show_secrets() -> None:
    shown = repr(load(CommonSettings, GOOD, env_file=None))
    assert "pass-word" not in shown
    assert "MDEy" not in shown


def test_an_engine_inside_one_of_many_processes_is_refused() -> None:
    environ = GOOD | {"TANDEM_LEDGER_URL": "embedded", "TANDEM_BROKER_URL": "embedded"}
    assert load(GatewaySettings, environ, env_file=None).ledger_url == "embedded"
    told = problems(GatewaySettings, environ | {"TANDEM_GATEWAY_PORT": "x"}, allow_embedded=False)
    assert [problem.split()[0] for problem in told] == ["TANDEM_LEDGER_URL", "TANDEM_BROKER_URL", "TANDEM_GATEWAY_PORT"]


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    lines = [f"{name}={value}" for name, value in GOOD.items()]
    file.write_text("\n".join([*lines, "TANDEM_GATEWAY_PORT=1", "TANDEM_GATEWAY_HOST=file", "OTHER=$x"]))
    loaded = load(GatewaySettings, {"TANDEM_GATEWAY_PORT": "2"}, env_file=file)
    assert (loaded.port, loaded.host) == (2, "file")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load(GatewaySettings, GOOD | {"TANDEM_GATEWAY_PORT": ""}, env_file=None).port == 8080


def test_settings_made_by_hand_do_not_look_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_GATEWAY_PORT", "1")
    monkeypatch.setenv("PORT", "1")
    made = GatewaySettings.model_validate(
        {"ledger_url": "embedded", "broker_url": "embedded", "secret_key": GOOD["TANDEM_SECRET_KEY"]}
    )
    assert made.port == 8080


def test_misspelt_variables_are_found_and_those_of_tests_are_not() -> None:
    environ = GOOD | {"TANDEM_GATEWAY_PROT": "1", "TANDEM_TEST_ODOO_URL": "x", "HOME": "y"}
    assert unknown_variables(environ) == ["TANDEM_GATEWAY_PROT"]


def test_every_variable_has_a_meaning_and_is_named_once() -> None:
    names = [name for name, *_ in rows()]
    assert len(names) == len(set(names))
    assert all(meaning for *_, meaning in rows())


def test_the_example_file_is_what_the_classes_say() -> None:
    """Renew it with `python -m libs.common.settings_page > .env.example`."""
    assert (ROOT / ".env.example").read_text() == render_example()


def test_the_example_file_works_once_what_is_required_is_filled_in(tmp_path: Path) -> None:
    text = render_example()
    for name, value in GOOD.items():
        text = text.replace(f"{name}=\n", f"{name}={value}\n")
    file = tmp_path / ".env"
    file.write_text(re.sub(r"^# (TANDEM_\w+=)", r"\1", text, flags=re.MULTILINE))
    for settings in SETTINGS_CLASSES:
        load(settings, {}, env_file=file)


def test_the_readme_shows_the_same_table() -> None:
    """Renew it with `python -m libs.common.settings_page --table`."""
    readme = ROOT / "README.md"
    if not readme.exists() or "| variable | read by |" not in readme.read_text():
        pytest.skip("the README has no table of variables yet")
    assert render_table() in readme.read_text()


def test_every_row_of_the_table_has_four_cells() -> None:
    for line in render_table().splitlines():
        assert len(re.findall(r"(?<!\\)\|", line)) == 5
