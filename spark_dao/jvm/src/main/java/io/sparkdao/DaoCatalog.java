package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.NamespaceChange;
import org.apache.spark.sql.connector.catalog.SupportsNamespaces;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableCatalogCapability;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.connector.catalog.TableWritePrivilege;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * dao as a SQL catalog: {@code spark.sql.catalog.dao=io.sparkdao.DaoCatalog}. Stores are namespaces, objects tables.
 *
 * <p>Nothing is remembered here: every lookup asks the resolver, so what changed in files or catalog is seen by the
 * next query.
 */
public final class DaoCatalog implements TableCatalog, SupportsNamespaces {
  private String name;
  private DeltaTables deltaTables;

  @Override
  public void initialize(String catalogName, CaseInsensitiveStringMap options) {
    name = catalogName;
    deltaTables = new DeltaTables(this);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Set<TableCatalogCapability> capabilities() {
    return Set.of();
  }

  ObjectName object(Identifier identifier) {
    return ObjectName.of(name, identifier);
  }

  Description describe(ObjectName object) {
    return Planner.of(SparkSession.active(), object).describe(object.name());
  }

  @Override
  public Table loadTable(Identifier identifier) throws NoSuchTableException {
    Description description = existing(identifier);
    if (description.isDelta()) {
      return deltaTables.catalog().loadTable(identifier);
    }
    SparkSession session = SparkSession.active();
    if (description.staged() && description.exists()) {
      return StagedTable.ofCatalog(session, object(identifier), description);
    }
    CachedData.forgetListing(name, identifier);
    return new DaoTable(session, object(identifier), description);
  }

  @Override
  public Table loadTable(Identifier identifier, Set<TableWritePrivilege> privileges) throws NoSuchTableException {
    Description description = existing(identifier);
    if (description.isDelta() && description.exists()) {
      return deltaTables.catalog().loadTable(identifier);
    }
    SparkSession session = SparkSession.active();
    return new DaoWriteTable(object(identifier), TableShape.of(session, description));
  }

  @Override
  public Table loadTable(Identifier identifier, String version) throws NoSuchTableException {
    return deltaTables.timeTravel(identifier, existing(identifier), delta -> delta.loadTable(identifier, version));
  }

  @Override
  public Table loadTable(Identifier identifier, long timestamp) throws NoSuchTableException {
    return deltaTables.timeTravel(identifier, existing(identifier), delta -> delta.loadTable(identifier, timestamp));
  }

  @Override
  public boolean tableExists(Identifier identifier) {
    return describe(object(identifier)).exists();
  }

  @Override
  public void invalidateTable(Identifier identifier) {
    CachedData.forgetListing(name, identifier);
  }

  @Override
  public Identifier[] listTables(String[] namespace) {
    ObjectNode request = Json.object().put("store", String.join(".", namespace));
    return Json.strings(ask("objects", request).get("objects")).stream()
        .map(object -> Identifier.of(namespace, object))
        .toArray(Identifier[]::new);
  }

  @Override
  public Table createTable(
      Identifier identifier, Column[] columns, Transform[] partitions, Map<String, String> properties)
      throws TableAlreadyExistsException {
    ObjectName object = object(identifier);
    SparkSession session = SparkSession.active();
    Description description = describe(object);
    if (description.exists()) {
      throw new TableAlreadyExistsException(identifier);
    }
    TableCreation.checkFormat(session, this, object, properties.get(PROP_PROVIDER));
    List<String> partitionBy = TableCreation.columns(List.of(partitions), object);
    StructType schema = CatalogV2Util.v2ColumnsToStructType(columns);
    if (schema.isEmpty() && description.schema() != null) {
      schema = description.schema();
    }
    if (partitionBy.isEmpty()) {
      partitionBy = new ArrayList<>(description.partitionBy());
    }
    TableShape shape = new TableShape(Description.partitionsLast(schema, partitionBy), partitionBy);
    Truncation.run(session, object, shape, SaveMode.ErrorIfExists, Map.of(), true);
    Description created = describe(object);
    return created.staged()
        ? StagedTable.ofCatalog(session, object, created)
        : new DaoTable(session, object, created);
  }

  @Override
  public Table alterTable(Identifier identifier, TableChange... changes) throws NoSuchTableException {
    Description description = existing(identifier);
    if (description.isDelta()) {
      return deltaTables.catalog().alterTable(identifier, changes);
    }
    throw DaoErrors.analysis(
        object(identifier).name()
            + ": ALTER TABLE needs a Delta table; files have the schema that the catalog declares");
  }

  @Override
  public boolean dropTable(Identifier identifier) {
    throw DaoErrors.analysis(
        object(identifier).name()
            + ": the catalog declares what exists, so DROP TABLE is refused; remove the object from"
            + " the catalog, or say DROP TABLE … PURGE to delete its data (the store must have `allow_purge: true`)");
  }

  @Override
  public boolean purgeTable(Identifier identifier) {
    ask("purge", Json.object().put("name", object(identifier).name()));
    CachedData.forgetListing(name, identifier);
    return true;
  }

  @Override
  public void renameTable(Identifier from, Identifier to) {
    throw DaoErrors.analysis(object(from).name() + ": the catalog declares names, so they are changed there");
  }

  @Override
  public String[][] listNamespaces() {
    return Json.strings(ask("stores", Json.object()).get("stores")).stream()
        .map(store -> new String[] {store})
        .toArray(String[][]::new);
  }

  @Override
  public String[][] listNamespaces(String[] namespace) throws NoSuchNamespaceException {
    if (namespace.length == 0) {
      return listNamespaces();
    }
    requireStore(namespace);
    return new String[0][];
  }

  @Override
  public boolean namespaceExists(String[] namespace) {
    return namespace.length == 1 && Json.strings(ask("stores", Json.object()).get("stores")).contains(namespace[0]);
  }

  @Override
  public Map<String, String> loadNamespaceMetadata(String[] namespace) throws NoSuchNamespaceException {
    requireStore(namespace);
    return Map.of();
  }

  @Override
  public void createNamespace(String[] namespace, Map<String, String> metadata) {
    throw namespacesAreDeclared();
  }

  @Override
  public void alterNamespace(String[] namespace, NamespaceChange... changes) {
    throw namespacesAreDeclared();
  }

  @Override
  public boolean dropNamespace(String[] namespace, boolean cascade) {
    throw namespacesAreDeclared();
  }

  private Description existing(Identifier identifier) throws NoSuchTableException {
    Description description;
    try {
      description = describe(object(identifier));
    } catch (Throwable error) {
      String[] namespace = identifier.namespace();
      if (error instanceof AnalysisException && namespace.length == 1 && !namespaceExists(namespace)) {
        // Spark tries such a name otherwise, as a file's (parquet.`/data/users`); MissingObjects says what is wrong.
        throw new MissingObjectException(identifier, error.getMessage());
      }
      throw DaoErrors.unchecked(error);
    }
    if (!description.exists() && !description.declared()) {
      throw new MissingObjectException(identifier, description.message());
    }
    return description;
  }

  private JsonNode ask(String operation, ObjectNode request) {
    return Resolver.of(SparkSession.active(), name).ask(operation, request);
  }

  private void requireStore(String[] namespace) throws NoSuchNamespaceException {
    if (!namespaceExists(namespace)) {
      throw new NoSuchNamespaceException(namespace);
    }
  }

  private static RuntimeException namespacesAreDeclared() {
    return DaoErrors.analysis("stores are declared in the catalog; add, change or remove them there");
  }
}
