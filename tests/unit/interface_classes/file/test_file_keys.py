"""What a key may be: whatever anybody types, it never leads out of the store."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spark_dao.data_object import DataObject
from spark_dao.data_store import DataStore
from spark_dao.errors import PlanError
from spark_dao.interface_classes._file_root import FileRoot, refuse_glob
from spark_dao.interface_classes._keys import before_glob, checked_key, escape_glob, literal_key

ROOT = FileRoot("s3a", "my-company-silver", "data sets", aliases=("s3",))
STORE = DataStore.declare("silver", {"interface_class": "FileSparkInterface", "default_configs": {"root": "/data"}})
names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)
paths = st.text(st.sampled_from("ab./%25eEfF*{}\\,:s3a@?# \0"), max_size=40)


def users(**properties):
    return DataObject("users", STORE, **properties)


@given(st.lists(names, min_size=1, max_size=4))
def test_a_literal_key_of_ordinary_names_is_kept_to_the_letter(segments):
    key = "/".join(segments)
    assert literal_key(key) == key


@pytest.mark.parametrize(
    "name", ["50% off", "a#b", "k=v", "it's", 'say "hi"', "naïve 名前", "a?b", "a:b", "x+y", "100%25"]
)
def test_names_with_special_characters_are_kept_to_the_letter(name):
    assert ROOT.uri(ROOT.resolve(users(), name)) == f"s3a://my-company-silver/data sets/users/{name}"
    assert ROOT.key_of_uri(f"s3://my-company-silver/data sets/{name}/") == name


TRAVERSALS = [
    "..",
    "../x",
    "x/../../y",
    "x/./y",
    "x//y",
    "/x",
    "x/\0y",
    "x\ny",
    "%2e%2e/x",
    "%252e%252e/x",
    "..%2fx",
    "x%00y",
    "\\.\\./x",
    ".\\./x",
    "{../../other,x}",
    "{a,b/../../../c}",
    "{../x,y}",
    "{.,a/b}./x",
    "{a/b",
    "%5c..%5c..",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_a_path_that_could_lead_out_of_the_store_is_refused(path):
    for given_path in (path, f"s3a://my-company-silver/data sets/{path}"):
        with pytest.raises(PlanError):
            ROOT.resolve(users(), given_path)
    with pytest.raises(PlanError):
        ROOT.location(users(path=path))


@pytest.mark.parametrize(
    "uri",
    [
        "s3a://other-bucket/data sets/x",
        "s3a://my-company-silver/elsewhere/x",
        "s3a://my-company-silver/data setsx/y",
        "file:///my-company-silver/data sets/x",
        "file:/etc/passwd",
        "https://my-company-silver/data sets/x",
        "s3a:/my-company-silver/data sets/x",
        "s3a://my-company-silver",
        "s3a://user@my-company-silver/data sets/x",
        "S3A://MY-COMPANY-SILVER/data sets/x",
    ],
)
def test_a_uri_outside_the_store_is_refused(uri):
    with pytest.raises(PlanError) as refused:
        ROOT.resolve(users(), uri)
    assert "the store, which is `s3a://my-company-silver/data sets`" in str(refused.value)


@pytest.mark.parametrize("uri", ["s3a://my-company-silver/data sets", "s3://my-company-silver/data sets/"])
def test_a_whole_store_is_no_object(uri):
    with pytest.raises(PlanError, match="whole store"):
        ROOT.resolve(users(), uri)
    with pytest.raises(PlanError, match="whole store"):
        FileRoot("s3a", "silver", "").key_of_uri("s3a://silver/")


@given(paths)
@example("{a,../b}")
@example("s3://my-company-silver/data sets/../x")
def test_whatever_is_typed_stays_below_the_store_however_it_is_expanded(path):
    try:
        uri = ROOT.uri(ROOT.resolve(users(), path))
    except PlanError:
        return
    assert uri.startswith("s3a://my-company-silver/data sets/")
    below = uri.removeprefix("s3a://my-company-silver")
    for spelt in (below, below.replace("\\", ""), below.replace("%25", "%").replace("%2e", ".").replace("%2E", ".")):
        assert posixpath.normpath(spelt).startswith("/data sets/")
    assert "//" not in below


@given(names)
def test_percent_encoded_dots_are_refused_at_any_depth_of_encoding(name):
    dots = "".join(f"%{ord(character):02x}" for character in "..")
    for depth in range(3):
        with pytest.raises(PlanError):
            checked_key(f"{literal_key(name)}/{dots}/x")
        dots = quote(dots, safe="") if depth < 2 else dots


def test_a_relative_path_is_below_the_object_and_a_declared_one_below_the_store():
    declared = users(path="raw/users")
    assert ROOT.resolve(declared, None) == "raw/users"
    assert ROOT.resolve(declared, "2025-01-07/") == "raw/users/2025-01-07"
    assert ROOT.resolve(users(key="raw/people"), None) == "raw/people"
    assert ROOT.resolve(users(path="s3://my-company-silver/data sets/raw/u/"), "x.csv") == "raw/u/x.csv"


def test_a_store_without_prefix_takes_any_uri_of_its_bucket():
    root = FileRoot("s3a", "my-company-bronze", "", aliases=("s3",))
    assert root.resolve(users(), "s3://my-company-bronze/users_raw/2025-01-07/") == "users_raw/2025-01-07"


def test_a_leading_slash_is_refused_in_s3_and_absolute_on_this_machine():
    with pytest.raises(PlanError, match="starts with a slash"):
        ROOT.resolve(users(), "/users/x")
    local = FileRoot("file", "", "data/silver")
    assert local.resolve(users(), "/data/silver/users/x") == "users/x"
    assert local.resolve(users(), "file:/data/silver/users/x") == "users/x"
    with pytest.raises(PlanError, match="outside the store"):
        local.resolve(users(), "/data/gold/x")


def test_a_glob_may_be_read_and_not_written():
    assert ROOT.glob_uri("users/2025-*") == "s3a://my-company-silver/data sets/users/2025-*"
    with pytest.raises(PlanError, match="cannot write"):
        refuse_glob("users/2025-*")


def test_glob_characters_of_the_stores_own_folder_are_literal():
    assert FileRoot("s3a", "bucket", "a[1]").glob_uri("x*") == "s3a://bucket/a\\[1\\]/x*"


@given(st.lists(names, min_size=1, max_size=4))
def test_an_escaped_key_holds_no_glob_any_more(segments):
    escaped = escape_glob("/".join(segments))
    assert not set("{}[]*?") & set(re.sub(r"\\.", "", escaped))
    assert re.sub(r"\\(.)", r"\1", escaped) == "/".join(segments)


def test_the_folders_before_a_glob_are_found():
    assert before_glob("a/b-*/c") == "a"
    assert before_glob("*/c") == ""
    assert before_glob("a/b") == "a/b"
