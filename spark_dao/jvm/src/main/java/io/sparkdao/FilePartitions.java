package io.sparkdao;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.PartitionPath;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.types.StructType;

/** The partitions of an object, as its folders have them. */
final class FilePartitions {
  private FilePartitions() {}

  /**
   * Lists the partitions' values.
   *
   * @param plan how the object is read
   * @param columns all partition columns
   * @param names those that are given
   * @param values what the given ones must be
   */
  static InternalRow[] list(
      SparkSession session, ReadPlan plan, StructType columns, String[] names, InternalRow values) {
    if (!(NativeSource.relation(session, plan) instanceof HadoopFsRelation files)
        || !(files.location() instanceof PartitioningAwareFileIndex index)) {
      return new InternalRow[0];
    }
    List<InternalRow> found = new ArrayList<>();
    for (PartitionPath partition : Scala.list(index.partitionSpec().partitions())) {
      if (matches(partition.values(), columns, names, values)) {
        found.add(partition.values());
      }
    }
    return found.toArray(new InternalRow[0]);
  }

  private static boolean matches(InternalRow partition, StructType columns, String[] names, InternalRow values) {
    for (int given = 0; given < names.length; given++) {
      int column = columns.fieldIndex(names[given]);
      Object wanted = values.get(given, columns.apply(column).dataType());
      if (!Objects.equals(partition.get(column, columns.apply(column).dataType()), wanted)) {
        return false;
      }
    }
    return true;
  }
}
