package io.sparkdao;

import java.util.Map;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.CatalogExtension;
import org.apache.spark.sql.connector.catalog.DelegatingTable;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.V1Table;

/**
 * Objects of format Delta, as Delta's own catalog sees them, so that MERGE, UPDATE, time travel, OPTIMIZE and all else
 * that Delta does by name works in a dao catalog too.
 *
 * <p>Delta's catalog wraps another one, which tells it where a table lies; here that is a {@link DeltaLocations}.
 */
final class DeltaTables {
  private static final String DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog";

  private final DaoCatalog catalog;
  private CatalogExtension delta;

  /** A question to Delta's catalog. */
  interface Lookup {
    Table in(TableCatalog catalog) throws NoSuchTableException;
  }

  DeltaTables(DaoCatalog catalog) {
    this.catalog = catalog;
  }

  /** Loads an older version; only Delta has those. */
  Table timeTravel(Identifier identifier, Description description, Lookup lookup) throws NoSuchTableException {
    if (!description.isDelta()) {
      throw DaoErrors.analysis(
          catalog.object(identifier).name() + ": time travel needs a Delta table, and this one is `"
              + description.format() + "`; declare the object with `format: delta`");
    }
    return lookup.in(catalog());
  }

  /** Returns Delta's catalog over this one. */
  synchronized TableCatalog catalog() {
    if (delta == null) {
      delta = make();
      delta.setDelegateCatalog(new DeltaLocations(catalog));
    }
    return (TableCatalog) delta;
  }

  private static CatalogExtension make() {
    try {
      return (CatalogExtension)
          Class.forName(DELTA_CATALOG, true, Thread.currentThread().getContextClassLoader())
              .getDeclaredConstructor()
              .newInstance();
    } catch (ClassNotFoundException error) {
      throw packageMissing("");
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException("Delta's catalog cannot be made", error);
    }
  }

  /** The error where a Delta table is there and Delta is not; {@code of} names the table, or is empty. */
  static RuntimeException packageMissing(String of) {
    return DaoErrors.analysis(
        of + "it is a Delta table, and the Spark session lacks Delta's package; declare an object with `format: delta` and"
            + " start the session with `spark_dao.configure(builder, catalog=…)`, or add"
            + " `io.delta:delta-spark_4.2_2.13` to spark.jars.packages");
  }

  /** Describes a Delta table to Delta's catalog, in the one form that it recognises. */
  static Table v1Table(DaoCatalog catalog, Identifier identifier, Description description) {
    TableInfo info =
        new TableInfo.Builder()
            .withProperties(Map.of())
            .withProvider("delta")
            .withLocation(description.location())
            .build();
    return V1Table.apply(V1Table.toCatalogTable(catalog, identifier, new DelegatingTable(info, identifier.toString())));
  }
}
