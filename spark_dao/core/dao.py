"""The DataAccessObject: the door for pipelines written against the API."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from spark_dao.catalog import CatalogSource, load_declarations, sources_from_conf
from spark_dao.core.dataframes import is_dataframe, keyed_write, read_arguments, write_arguments
from spark_dao.core.engine import Engine, load_engine
from spark_dao.core.explanation import explained, previewed
from spark_dao.core.planner import Planner, call
from spark_dao.core.router import best, route, route_named, weigh
from spark_dao.data_object import DataObject, StoreObject
from spark_dao.data_store import DataStore, DataStoreRegistry, DataStores
from spark_dao.errors import CatalogError


class DataAccessObject:
    """Reads and writes data objects by name, wherever the catalog says they live.

    Args:
        config: The catalog: a dict, a path to a JSON or YAML file, or several of these, later ones overlaying
            earlier ones. None: the conf of the Spark session decides.
        spark: The session to use. None: the active one, else one is configured and created when first needed.

    Raises:
        CatalogError: The catalog is missing or wrong.

    Example:
        >>> dao = DataAccessObject({"silver": {"interface_class": "FileSparkInterface",
        ...                                    "default_configs": {"root": "file:///data/silver"}}})
        >>> dao.data_object("silver.users_clean")
        DataObject('silver.users_clean')
    """

    def __init__(self, config: CatalogSource | Sequence[CatalogSource] | None = None, spark: Any = None) -> None:
        self._sources = config
        self._spark = spark
        sources = sources_from_conf(self._engine.session_conf()) if config is None else config
        self.stores = DataStores(load_declarations(sources))
        self.planner = Planner(self.stores)
        DataStoreRegistry.add(self.stores)

    @cached_property
    def _engine(self) -> Engine:
        return load_engine(self._spark, self._sources)

    def store(self, name: str) -> DataStore:
        """Find a store by name.

        Raises:
            CatalogError: There is no such store.
        """
        return self.stores[name]

    def data_object(self, name: str) -> DataObject:
        """Find an object by the name `store.object`; one that nobody declared has its store's defaults.

        Raises:
            CatalogError: The name is malformed, or there is no such store.
        """
        return self.planner.data_object(name)

    def read(self, data_object: DataObject | str, *, dao_interface_class: str | None = None, **arguments: Any) -> Any:
        """Read an object.

        Args:
            data_object: The object, or its name `store.object`.
            dao_interface_class: Restrict the choice to the interface class of this name.
            **arguments: What the interface's method takes: `format`, `path`, `schema`, `spark_options`, …; for a
                DataFrame also `columns`, names in the wanted order, and `filters`, such as `[("=", "region", "eu")]`.

        Returns:
            A Spark DataFrame where the interface plans, else what its method returns (bytes, for a file by boto3).

        Raises:
            SparkDaoError: The object does not exist, no method fits, or the store cannot be reached.
        """
        found = self.planner.data_object(data_object)
        wanted = read_arguments(arguments)
        fit = route("read", found, wanted, interface_class=dao_interface_class)
        if fit.candidate.kind == "plan":
            planned = self.planner.carry_plan_read(fit, found)
            return self._engine.read(planned, arguments.get("columns"), wanted.get("filters"))
        return call(fit, fit.arguments, found)

    def write(
        self,
        data: Any,
        data_object: DataObject | str,
        *,
        mode: str | None = None,
        dao_interface_class: str | None = None,
        **arguments: Any,
    ) -> Any:
        """Write data to an object.

        Args:
            data: A Spark DataFrame, or whatever the interface's method takes: bytes, an open binary file.
            data_object: The object, or its name `store.object`.
            mode: `append`, `overwrite`, `ignore` or `errorifexists`; None for the object's `write_mode`, else
                `errorifexists`.
            dao_interface_class: Restrict the choice to the interface class of this name.
            **arguments: What the interface's method takes: `format`, `path`, `partition_by`, `spark_options`, …

        Returns:
            None for a DataFrame, else what the interface's method returns.

        Raises:
            SparkDaoError: No method fits, the store cannot be reached, or the write failed; the old data stands.
        """
        found = self.planner.data_object(data_object)
        if is_dataframe(data):
            wanted = write_arguments("write", found, {**arguments, "data": data, "mode": mode})
            fit = route("write", found, wanted, interface_class=dao_interface_class, kinds=["plan"])
            self._engine.write(self.planner.carry_plan_write(fit, found), data)
            return None
        wanted = {**arguments, "data": data} if mode is None else {**arguments, "data": data, "mode": mode}
        fit = route("write", found, wanted, interface_class=dao_interface_class, kinds=["direct"])
        return call(fit, fit.arguments, found)

    def upsert(
        self, data: Any, data_object: DataObject | str, *, dao_interface_class: str | None = None, **arguments: Any
    ) -> Any:
        """Put rows into an object: those whose key is there replace its values, the others are added.

        Args:
            data: A Spark DataFrame, or whatever the interface's own `upsert` takes.
            data_object: The object, or its name `store.object`; its `primary_keys` tell rows apart.
            dao_interface_class: Restrict the choice to the interface class of this name.
            **arguments: What the interface's method takes: `primary_keys`, where the call shall say them; `batch_id`, …

        Returns:
            The number of rows that were put, where the store tells; else what the interface's method returns.

        Raises:
            SparkDaoError: The store cannot upsert, keys are missing, null or repeated, or the write failed; the old
                data stands.
        """
        found = self.planner.data_object(data_object)
        if is_dataframe(data):
            wanted = keyed_write(data, "upsert", arguments)
            planning = weigh("upsert", found, wanted, interface_class=dao_interface_class, kinds=["plan"])
            own = weigh("upsert", found, {}, interface_class=dao_interface_class, kinds=["direct"])
            if best(planning) is not None or not own:
                fit = route("upsert", found, wanted, interface_class=dao_interface_class, kinds=["plan"])
                return self._engine.write(self.planner.carry_plan_write(fit, found), data)
        return self.perform("upsert", found, dao_interface_class=dao_interface_class, data=data, **arguments)

    def perform(
        self, action: str, data_object: DataObject | str, *, dao_interface_class: str | None = None, **arguments: Any
    ) -> Any:
        """Run any other action that an interface class answers: `upsert`, `delete`, `list`, one of its own.

        Args:
            action: Name of the action.
            data_object: The object, or its name `store.object`.
            dao_interface_class: Restrict the choice to the interface class of this name.
            **arguments: What the interface's method takes.

        Returns:
            What the method returns.

        Raises:
            SparkDaoError: No method fits, or it failed.
        """
        found = self.planner.data_object(data_object)
        fit = route(action, found, arguments, interface_class=dao_interface_class, kinds=["direct"])
        return call(fit, fit.arguments, found)

    def run(
        self,
        name: str,
        data_object: DataObject | str | None = None,
        *,
        store: str | None = None,
        dao_interface_class: str | None = None,
        **arguments: Any,
    ) -> Any:
        """Run something that a store offers, such as `sql` on a warehouse.

        Args:
            name: What to run: `sql` is the interface's method `run_sql`.
            data_object: The object that declares what is run, or its name `store.object`.
            store: The store, where no object is concerned.
            dao_interface_class: Restrict the choice to the interface class of this name.
            **arguments: What the interface's method takes; for `sql`: `statement`, `parameters`.

        Returns:
            What the method returns; for `sql` a list of dictionaries, or the number of changed rows.

        Raises:
            SparkDaoError: Nothing of this name can be run, or it failed.
        """
        found = self._concerned(data_object, store)
        fit = route_named("run", name, found, arguments, interface_class=dao_interface_class)
        return call(fit, fit.arguments, found)

    def list(self, data_object: DataObject | str | None = None, *, store: str | None = None, **arguments: Any) -> Any:
        """List what an object, or a store, consists of; see `perform`."""
        return self.perform("list", self._concerned(data_object, store), **arguments)

    def count(self, data_object: DataObject | str, **arguments: Any) -> Any:
        """Count the rows of an object, by the store where it can, else by Spark; see `perform`."""
        found = self.planner.data_object(data_object)
        fit = route("count", found, arguments)
        if fit.candidate.kind == "plan":
            return self._engine.read(self.planner.carry_plan_read(fit, found)).count()
        return call(fit, fit.arguments, found)

    def delete(self, data_object: DataObject | str, **arguments: Any) -> Any:
        """Delete from an object; see `perform`.

        Args:
            data_object: The object, or its name `store.object`.
            **arguments: What the interface's method takes. For a warehouse's table, `where` (typed filters such as
                `[("<", "day", date(2025, 1, 1))]`) or `keys` (values of its `primary_keys`, or a DataFrame of them).
        """
        keys = arguments.get("keys")
        if not is_dataframe(keys):
            return self.perform("delete", data_object, **arguments)
        found = self.planner.data_object(data_object)
        interface_class = arguments.get("dao_interface_class")
        others = {name: value for name, value in arguments.items() if name not in {"keys", "dao_interface_class"}}
        wanted = keyed_write(keys, "delete", others)
        fit = route("write", found, wanted, interface_class=interface_class, kinds=["plan"])
        return self._engine.write(self.planner.carry_plan_write(fit, found), keys)

    def explain(
        self, action: str, data_object: DataObject | str, *, dao_interface_class: str | None = None, **arguments: Any
    ) -> str:
        """Say which method would answer a call and where each argument comes from, without running anything.

        Args:
            action: `read`, `write`, …
            data_object: The object, or its name.
            dao_interface_class: Restrict the choice to one interface class.
            **arguments: What the call would say; for the write of a DataFrame, `data`, or its `schema`, and `mode`.

        Returns:
            One line per candidate: chosen, fits, or why it is refused. Below them, where a warehouse would answer, the
            SQL that it would be sent; for that its catalog is looked at.
        """
        found = self.planner.data_object(data_object)
        if is_dataframe(arguments.get("data")):
            arguments = write_arguments(action, found, arguments)
        fits = weigh(action, found, arguments, interface_class=dao_interface_class)
        chosen = best(fits)
        return "\n".join([*(explained(fit, chosen) for fit in fits), *previewed(chosen, found)])

    def _concerned(self, data_object: DataObject | str | None, store: str | None) -> DataObject:
        if (data_object is None) == (store is None):
            raise CatalogError("expected either an object or `store`, the name of one", key="store")
        return StoreObject(self.stores[store]) if store is not None else self.planner.data_object(data_object or "")
