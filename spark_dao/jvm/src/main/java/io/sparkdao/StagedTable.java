package io.sparkdao;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** An object whose rows must first be produced as files: a warehouse's table, or rows that Python yields. */
final class StagedTable implements SupportsRead, TruncatableTable {
  private final SparkSession session;
  private final ObjectName object;
  private final Description description;
  private final CaseInsensitiveStringMap options;
  private final ReadPlan plan;

  /**
   * @param options what the caller said where the table was named
   */
  StagedTable(SparkSession session, ObjectName object, Description description, Map<String, String> options) {
    this.session = session;
    this.object = object;
    this.description = description;
    this.options = new CaseInsensitiveStringMap(options);
    // Where no schema is declared, a description does not go as far as producing the first rows.
    ReadPlan described = description.read();
    this.plan = described != null ? described : Planner.of(session, object).read(object.name(), options, null);
  }

  @Override
  public String name() {
    return object.catalog() + "." + object.name();
  }

  @Override
  public Column[] columns() {
    return CatalogV2Util.structTypeToV2Columns(plan.schema(), false);
  }

  @Override
  public Map<String, String> properties() {
    return description.tableProperties();
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ, TableCapability.TRUNCATE);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap said) {
    Planner planner = Planner.of(session, object);
    boolean known = said.isEmpty() || said.equals(options);
    ReadPlan wanted = known ? plan : planner.read(object.name(), said.asCaseSensitiveMap(), null);
    return new StagedScanBuilder(planner, object.name(), wanted);
  }

  @Override
  public boolean truncateTable() {
    Truncation.run(session, object, new TableShape(plan.schema(), List.of()));
    return true;
  }
}
