package io.sparkdao;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.DelegatingTable;
import org.apache.spark.sql.connector.catalog.SupportsPartitionManagement;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableCatalog;
import org.apache.spark.sql.connector.catalog.TableInfo;
import org.apache.spark.sql.connector.catalog.TruncatableTable;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.types.StructType;

/**
 * An object as SQL reads it: Spark replaces a {@link DelegatingTable} by the relation of its provider, which is
 * {@link DaoDataSource}, and so by the relation of the direct read.
 *
 * <p>Columns are looked up when somebody asks: a SELECT does not, since the relation brings them along.
 */
final class DaoTable extends DelegatingTable
    implements SupportsWrite, TruncatableTable, SupportsPartitionManagement, WritableObject {
  private final SparkSession session;
  private final ObjectName object;
  private final Description description;
  private TableShape shape;

  DaoTable(SparkSession session, ObjectName object, Description description) {
    super(info(object, description.read()), object.catalog() + "." + object.name());
    this.session = session;
    this.object = object;
    this.description = description;
  }

  @Override
  public ObjectName object() {
    return object;
  }

  @Override
  public Column[] columns() {
    return CatalogV2Util.structTypeToV2Columns(shape().schema(), false);
  }

  @Override
  public Transform[] partitioning() {
    return shape().partitioning();
  }

  @Override
  public Map<String, String> properties() {
    return description.tableProperties();
  }

  @Override
  public Set<TableCapability> capabilities() {
    return DaoWriteTable.CAPABILITIES;
  }

  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
    throw DaoWriteTable.extensionsMissing();
  }

  /** Empties the object; what TRUNCATE TABLE calls. */
  @Override
  public boolean truncateTable() {
    Truncation.run(session, object, shape());
    return true;
  }

  @Override
  public StructType partitionSchema() {
    return shape().partitionSchema();
  }

  @Override
  public InternalRow[] listPartitionIdentifiers(String[] names, InternalRow values) {
    ReadPlan plan = description.read();
    return plan == null
        ? new InternalRow[0]
        : FilePartitions.list(session, plan, partitionSchema(), names, values);
  }

  @Override
  public void createPartition(InternalRow values, Map<String, String> properties) {
    throw partitionsAreFolders();
  }

  @Override
  public boolean dropPartition(InternalRow values) {
    throw partitionsAreFolders();
  }

  @Override
  public void replacePartitionMetadata(InternalRow values, Map<String, String> properties) {
    throw partitionsAreFolders();
  }

  @Override
  public Map<String, String> loadPartitionMetadata(InternalRow values) {
    return Map.of();
  }

  private RuntimeException partitionsAreFolders() {
    return DaoErrors.analysis(
        object.name()
            + ": partitions come and go with their rows; write rows with INSERT INTO, empty a partition with"
            + " INSERT OVERWRITE … PARTITION (…) SELECT … WHERE false");
  }

  @Override
  public synchronized TableShape shape() {
    if (shape == null) {
      shape = TableShape.of(session, description);
    }
    return shape;
  }

  private static TableInfo info(ObjectName object, ReadPlan plan) {
    Map<String, String> properties = new HashMap<>();
    properties.put(TableCatalog.OPTION_PREFIX + "path", object.name());
    properties.put(TableCatalog.OPTION_PREFIX + "catalog", object.catalog());
    if (plan != null) {
      // So that the lookup of a query is the only question it asks.
      properties.put(TableCatalog.OPTION_PREFIX + ReadPlan.OPTION, plan.toJson());
    }
    return new TableInfo.Builder().withProperties(properties).withProvider(DaoDataSource.SHORT_NAME).build();
  }
}
