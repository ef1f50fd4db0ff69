package io.sparkdao;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.CommandExecutionMode;
import org.apache.spark.sql.types.StructType;

/** Writes nothing: how an object is created empty, or emptied. */
final class Truncation {
  private Truncation() {}

  /** Replaces all rows by none; schema and partitioning stay. */
  static void run(SparkSession session, ObjectName object, TableShape shape) {
    run(session, object, shape, SaveMode.Overwrite, Map.of(), false);
  }

  /** Writes no rows of the given shape. */
  static void run(
      SparkSession session,
      ObjectName object,
      TableShape shape,
      SaveMode mode,
      Map<String, String> options,
      boolean newTable) {
    Map<String, String> all = new java.util.LinkedHashMap<>(options);
    all.put(WriteRequest.PARTITION_OVERWRITE_MODE, "static");
    LogicalPlan command =
        new WriteRequest(
                session, object, mode, all, shape.partitionBy(), Map.of(), newTable, nothing(shape.schema()))
            .command();
    session.sessionState().executePlan(command, CommandExecutionMode.ALL()).assertCommandExecuted();
  }

  /** Makes a query of no rows. */
  static LogicalPlan nothing(StructType schema) {
    return new LocalRelation(
        Scala.seq(Scala.list(DataTypeUtils.toAttributes(schema))), Scala.seq(List.of()), false, Scala.none());
  }
}
