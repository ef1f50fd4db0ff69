from __future__ import annotations

import pytest

from spark_dao.catalog import redact, resolve_references
from spark_dao.catalog.references import scrub
from spark_dao.errors import CatalogError


def test_references_are_resolved_inside_nested_values(monkeypatch, tmp_path):
    monkeypatch.setenv("HOST", "h1")
    (tmp_path / "password").write_text("s3cret\n")
    configs = {
        "url": "{{env:HOST}}:{{ env:HOST }}",
        "nested": {"password": "{{file:" + str(tmp_path / "password") + "}}"},
    }
    assert resolve_references(configs, store="gold") == {"url": "h1:h1", "nested": {"password": "s3cret"}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{{env:NOT_SET_HERE}}", "environment variable `NOT_SET_HERE` is not set; set it before the job starts"),
        ("{{file:/does/not/exist}}", "secret file `/does/not/exist` cannot be read: No such file or directory"),
        ("{{enw:X}}", "unknown reference `{{enw:X}}`; known: `env`, `file`, `secret`"),
    ],
)
def test_what_cannot_be_resolved_names_store_key_and_remedy(value, message):
    with pytest.raises(CatalogError) as caught:
        resolve_references({"a": {"host": value}}, store="gold", key="default_configs")
    assert str(caught.value) == f"store `gold`, key `default_configs.a.host`: {message}"


def test_secrets_are_hidden_and_references_shown():
    configs = {
        "aws_secret_access_key": "x",
        "token": "{{env:T}}",
        "more": {"Password": "y"},
        "bucket": "b",
        "secret": None,
    }
    shown = {
        "aws_secret_access_key": "*****",
        "token": "{{env:T}}",
        "more": {"Password": "*****"},
        "bucket": "b",
        "secret": None,
    }
    assert redact(configs) == shown


def test_a_text_is_scrubbed_of_resolved_secrets():
    assert (
        scrub("ann:pw1@h and k2", {"user": "ann", "password": "pw1", "deep": {"token": "k2"}})
        == "ann:*****@h and *****"
    )
