package io.sparkdao;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * An object whose rows must first be produced as files: a warehouse's table, or rows that Python yields.
 *
 * <p>A statement that reads and writes one table has it looked up once, so the table of a catalog may be written too.
 */
final class StagedTable implements SupportsRead, SupportsWrite, TruncatableTable, WritableObject {
  private final SparkSession session;
  private final ObjectName object;
  private final Description description;
  private final CaseInsensitiveStringMap options;
  private final boolean ofCatalog;
  private final StructType said;
  private final ReadPlan plan;

  private StagedTable(
      SparkSession session,
      ObjectName object,
      Description description,
      Map<String, String> options,
      StructType said,
      boolean ofCatalog) {
    this.session = session;
    this.object = object;
    this.description = description;
    this.options = new CaseInsensitiveStringMap(options);
    this.said = said == null || said.isEmpty() ? null : said;
    this.ofCatalog = ofCatalog;
    // Where no schema is declared, a description does not go as far as producing the first rows.
    ReadPlan described = description.read();
    this.plan =
        described != null ? chosen(described) : Planner.of(session, object).read(object.name(), options, this.said);
  }

  /** Makes the table of a SQL catalog. */
  static StagedTable ofCatalog(SparkSession session, ObjectName object, Description description) {
    return new StagedTable(session, object, description, Map.of(), null, true);
  }

  /**
   * Makes what {@code spark.read.format("dao")} reads.
   *
   * @param options what the caller said
   * @param said the schema that the caller said, null or empty for all columns
   */
  static StagedTable ofDataSource(
      SparkSession session,
      ObjectName object,
      Description description,
      Map<String, String> options,
      StructType said) {
    return new StagedTable(session, object, description, options, said, false);
  }

  /** Leaves the columns that the caller's schema names, which must be there and of the types said. */
  private ReadPlan chosen(ReadPlan whole) {
    if (said == null) {
      return whole;
    }
    StructType schema = new StructType();
    for (StructField wanted : said.fields()) {
      schema = schema.add(found(wanted, whole.schema()));
    }
    return whole.withSchema(schema);
  }

  private StructField found(StructField wanted, StructType schema) {
    for (StructField field : schema.fields()) {
      if (field.name().toLowerCase(Locale.ROOT).equals(wanted.name().toLowerCase(Locale.ROOT))) {
        if (field.dataType().sql().equals(wanted.dataType().sql())) {
          return field;
        }
        throw DaoErrors.analysis(
            object.name() + ", key `schema`: expected `" + field.name() + "` to be " + field.dataType().sql()
                + ", as it is there, found " + wanted.dataType().sql() + "; read it so and cast it");
      }
    }
    throw DaoErrors.analysis(
        object.name() + ", key `schema`: no column `" + wanted.name() + "`; there are `"
            + String.join("`, `", schema.fieldNames()) + "`");
  }

  @Override
  public ObjectName object() {
    return object;
  }

  @Override
  public TableShape shape() {
    return new TableShape(plan.schema(), List.of());
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
    if (!ofCatalog) {
      // Spark would write through any data source's table that says it can; format("dao") goes another way.
      return Set.of(TableCapability.BATCH_READ);
    }
    Set<TableCapability> result = EnumSet.copyOf(DaoWriteTable.CAPABILITIES);
    result.add(TableCapability.BATCH_READ);
    return result;
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap more) {
    Planner planner = Planner.of(session, object);
    boolean known = more.isEmpty() || more.equals(options);
    ReadPlan wanted = known ? plan : chosen(planner.read(object.name(), more.asCaseSensitiveMap(), null));
    return new StagedScanBuilder(planner, object.name(), wanted);
  }

  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
    throw DaoWriteTable.extensionsMissing();
  }

  @Override
  public boolean truncateTable() {
    Truncation.run(session, object, shape());
    return true;
  }
}
