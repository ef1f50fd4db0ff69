from __future__ import annotations

import io
from typing import Any, BinaryIO, ClassVar

import pytest

from spark_dao.core.decorators import register, when
from spark_dao.core.router import route
from spark_dao.data_object import DataObject, TableObject
from spark_dao.data_store import DataStore
from spark_dao.errors import RouteError


class Files:
    enrichment_exclude: ClassVar = {"plan_read": ("format",)}

    def read(self, data_object, *, path: str | None = None) -> bytes:
        return b""

    def plan_read(self, data_object, *, format: str, columns=None, **options: Any) -> None: ...

    def write(self, data_object, *, data: bytes | BinaryIO, path: str | None = None) -> None: ...


class Planned:
    def plan_write(self, data_object, *, schema, mode) -> None: ...


class Tables:
    def read_any(self, data_object, *, retries: int = 1) -> str:
        return "any"

    def read_table(self, data_object: TableObject, *, retries: int = 1) -> str:
        return "table"

    @when({"format": "csv"})
    def read_csv(self, data_object, *, format: str, separator: str = ",") -> str:
        return "csv"

    @register("read")
    def sample(self, data_object, *, fraction: float) -> str:
        return "sample"

    def read_stream_changes(self, data_object) -> str:
        return "stream"


def make_object(object_class=DataObject, additional=(), store_properties=None, **properties):
    declarations = [{"interface_class": each.__name__, "interface_class_location": __name__} for each in additional[1:]]
    store = DataStore.declare(
        "s",
        {
            "interface_class": additional[0].__name__,
            "interface_class_location": __name__,
            "additional_interfaces": declarations,
            "properties": store_properties or {},
            "data_objects": {"o": properties},
        },
    )
    return object_class("o", store)


def chosen(action, data_object, **arguments):
    return route(action, data_object, arguments).candidate.name


def test_bytes_stay_bytes_unless_the_caller_asks_for_a_format():
    raw = make_object(additional=[Files], format="csv")
    assert chosen("read", raw) == "read"
    assert chosen("read", raw, path="a/b.csv") == "read"
    assert chosen("read", raw, format="csv") == "plan_read"
    assert chosen("read", raw, format="csv", multiLine=True) == "plan_read"


def test_the_more_specific_object_type_wins():
    assert chosen("read", make_object(additional=[Tables])) == "read_any"
    assert chosen("read", make_object(TableObject, additional=[Tables])) == "read_table"


def test_a_narrowed_method_answers_only_the_calls_it_names():
    assert chosen("read", make_object(additional=[Tables], format="csv")) == "read_csv"
    assert chosen("read", make_object(additional=[Tables], format="orc")) == "read_any"


def test_the_more_parameters_matched_by_name_win_and_registered_names_count():
    assert chosen("read", make_object(additional=[Tables]), fraction=0.5) == "sample"


def test_a_stream_method_is_no_read():
    assert chosen("read_stream", make_object(additional=[Tables])) == "read_stream_changes"


def test_what_the_caller_left_out_comes_from_the_object_then_the_store():
    fit = route("read", make_object(additional=[Tables], store_properties={"retries": 3}), {})
    assert (fit.arguments["retries"], fit.origins["retries"]) == (3, "store")
    fit = route("read", make_object(additional=[Tables], store_properties={"retries": 3}, retries=0), {})
    assert (fit.arguments["retries"], fit.origins["retries"]) == (0, "object")
    fit = route("read", make_object(additional=[Tables], retries=0), {"retries": 7})
    assert (fit.arguments["retries"], fit.origins["retries"]) == (7, "call")


def test_the_primary_interface_wins_and_the_choice_can_be_restricted():
    both = make_object(additional=[Files, Tables])
    assert type(route("read", both, {}).candidate.interface) is Files
    assert type(route("read", both, {}, interface_class="Tables").candidate.interface) is Tables
    with pytest.raises(RouteError, match="no interface class `Table`; did you mean `Tables`"):
        route("read", both, {}, interface_class="Table")


def test_strings_are_taken_for_what_the_annotation_asks():
    fit = route("read", make_object(additional=[Tables]), {"retries": "4"})
    assert fit.arguments["retries"] == 4


def test_an_open_file_is_a_binary_file(tmp_path):
    raw = make_object(additional=[Files])
    (tmp_path / "f").write_bytes(b"x")
    with (tmp_path / "f").open("rb") as file:
        assert chosen("write", raw, data=file) == "write"
    assert chosen("write", raw, data=io.BytesIO(b"x")) == "write"


def test_no_fit_lists_every_candidate_and_why_it_was_refused():
    with pytest.raises(RouteError) as caught:
        route("read", make_object(additional=[Files]), {"pth": "x"})
    assert str(caught.value) == (
        "s.o: no method fits read(pth=…)\n"
        "  Files.read(data_object, *, path=None): does not accept `pth`; did you mean `path`?\n"
        "  Files.plan_read(data_object, *, format, columns=None, **options): needs `format`"
    )


def test_a_value_of_the_wrong_type_is_named_but_not_shown():
    with pytest.raises(RouteError) as caught:
        route("write", make_object(additional=[Files]), {"data": {"password": "hunter2"}})
    assert "`data` must be bytes | BinaryIO, not dict" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_action_that_nobody_answers_names_those_that_are():
    with pytest.raises(RouteError, match="`Files` cannot upsert; known: `count`, `read`, `read_stream`, `write`"):
        route("upsert", make_object(additional=[Files]), {})


def test_data_that_is_not_for_the_store_is_named_by_its_type():
    with pytest.raises(RouteError, match=r"can write a Spark DataFrame only, found builtins\.dict; make one with"):
        route("write", make_object(additional=[Planned]), {"data": {}}, kinds=["direct"])
    with pytest.raises(RouteError, match=r"`Files` cannot write by Spark, having no `plan_write`; there is `Files\.w"):
        route("write", make_object(additional=[Files]), {"schema": (), "mode": "append"}, kinds=["plan"])


@pytest.mark.parametrize(("slip", "meant"), [("colums", "columns"), ("Format", "format"), ("fromat", "format")])
def test_a_slip_of_a_parameter_is_refused_where_a_plan_takes_any_option(slip, meant):
    with pytest.raises(RouteError, match=f"does not accept `{slip}`; did you mean `{meant}`"):
        route("read", make_object(additional=[Files]), {"format": "csv", slip: "x"}, kinds=["plan"])


@pytest.mark.parametrize("option", ["maxColumns", "inferSchema", "dateFormat", "mergeSchema", "sep"])
def test_an_option_that_resembles_a_parameter_passes(option):
    assert route("read", make_object(additional=[Files]), {"format": "csv", option: "x"}, kinds=["plan"])
