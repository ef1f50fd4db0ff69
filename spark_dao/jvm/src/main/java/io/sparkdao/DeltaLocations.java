package io.sparkdao;

import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableChange;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Tells Delta's catalog where the tables of a dao catalog lie.
 *
 * <p>A class with a name: Delta looks at {@code getCanonicalName}, which anonymous ones lack.
 */
final class DeltaLocations implements TableCatalog {
  private final DaoCatalog catalog;

  DeltaLocations(DaoCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public void initialize(String name, CaseInsensitiveStringMap options) {}

  @Override
  public String name() {
    return catalog.name();
  }

  @Override
  public Identifier[] listTables(String[] namespace) {
    return catalog.listTables(namespace);
  }

  @Override
  public Table loadTable(Identifier identifier) throws NoSuchTableException {
    Description description = catalog.describe(catalog.object(identifier));
    if (!description.exists()) {
      throw new NoSuchTableException(identifier);
    }
    return DeltaTables.v1Table(catalog, identifier, description);
  }

  /** Delta commits a change of schema to its own log; there is no second place to write it to. */
  @Override
  public Table alterTable(Identifier identifier, TableChange... changes) throws NoSuchTableException {
    return loadTable(identifier);
  }

  @Override
  public boolean dropTable(Identifier identifier) {
    return catalog.dropTable(identifier);
  }

  @Override
  public void renameTable(Identifier from, Identifier to) {
    catalog.renameTable(from, to);
  }
}
