package io.sparkdao;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;

/**
 * An object as the target of a write. Spark aligns and casts the columns to its shape; then {@link WriteRule} replaces
 * the command by a native one, so that nothing is ever written through this table itself.
 */
final class DaoWriteTable implements SupportsWrite, WritableObject {
  static final Set<TableCapability> CAPABILITIES =
      Set.of(
          TableCapability.BATCH_WRITE,
          TableCapability.TRUNCATE,
          TableCapability.OVERWRITE_BY_FILTER,
          TableCapability.OVERWRITE_DYNAMIC,
          TableCapability.STREAMING_WRITE);

  private final ObjectName object;
  private final TableShape shape;

  DaoWriteTable(ObjectName object, TableShape shape) {
    this.object = object;
    this.shape = shape;
  }

  @Override
  public ObjectName object() {
    return object;
  }

  @Override
  public TableShape shape() {
    return shape;
  }

  @Override
  public String name() {
    return object.catalog() + "." + object.name();
  }

  @Override
  public Column[] columns() {
    return CatalogV2Util.structTypeToV2Columns(shape.schema(), false);
  }

  @Override
  public Transform[] partitioning() {
    return shape.partitioning();
  }

  @Override
  public Map<String, String> properties() {
    return Map.of();
  }

  /** An object without a schema yet takes whatever columns come. */
  @Override
  public Set<TableCapability> capabilities() {
    if (!shape.schema().isEmpty()) {
      return CAPABILITIES;
    }
    Set<TableCapability> result = EnumSet.copyOf(CAPABILITIES);
    result.add(TableCapability.ACCEPT_ANY_SCHEMA);
    return result;
  }

  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
    throw extensionsMissing();
  }

  static RuntimeException extensionsMissing() {
    return DaoErrors.analysis(
        "spark_dao's extensions are not in force in this session: the jar was added after it started; start the session"
            + " with the jar (`spark_dao.configure(builder)`, or `--jars \"$(spark-dao jar)\"`)");
  }
}
