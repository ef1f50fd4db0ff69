package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.command.DDLUtils;
import org.apache.spark.sql.execution.datasources.DataSourceUtils;
import org.apache.spark.sql.execution.datasources.InsertIntoHadoopFsRelationCommand;

/**
 * One write of one object, whichever door it came through, and the native command that carries it out.
 *
 * @param object what is written
 * @param mode whether and how old rows are replaced
 * @param options what the caller said, names as spelt
 * @param partitionBy partition columns, null where the object decides
 * @param staticPartitions partition values that an overwrite is confined to, by leading partition columns
 * @param newTable whether the object's schema is replaced along with its rows (CREATE OR REPLACE)
 * @param query what is written; resolved
 */
record WriteRequest(
    SparkSession session,
    ObjectName object,
    SaveMode mode,
    Map<String, String> options,
    List<String> partitionBy,
    Map<String, String> staticPartitions,
    boolean newTable,
    LogicalPlan query) {

  static final String PARTITION_OVERWRITE_MODE = "partitionOverwriteMode";

  /** Makes the request of {@code df.write.format("dao").save(…)}. */
  static WriteRequest save(SparkSession session, Map<String, String> options, SaveMode mode, LogicalPlan query) {
    return AppendedColumns.checked(
        new WriteRequest(
            session,
            ObjectName.of(options),
            mode,
            Options.said(options),
            Options.partitionBy(options),
            Map.of(),
            false,
            query));
  }

  /** Returns the request with other partition columns. */
  WriteRequest partitionedBy(List<String> columns) {
    return new WriteRequest(session, object, mode, options, columns, staticPartitions, newTable, query);
  }

  /** Returns the command that Spark has for such a write, with dao's own publishing where the files are plain. */
  LogicalPlan command() {
    Planner planner = Planner.of(session, object);
    // Which partitions an overwrite replaces is between Spark and the files, so no interface is asked to know it.
    Map<String, String> said = new LinkedHashMap<>(options);
    said.keySet().removeIf(PARTITION_OVERWRITE_MODE::equalsIgnoreCase);
    WritePlan plan = planner.write(object.name(), query.schema(), mode, said, partitionBy);
    LogicalPlan command =
        NativeSource.make(session, plan.format(), List.of(), null, plan.partitionBy(), nativeOptions(plan))
            .planForWriting(mode, query);
    if (!(command instanceof InsertIntoHadoopFsRelationCommand files)) {
      return command;
    }
    if (plan.staged()) {
      return FileWrite.of(files, Map.of(), new StagedLoad(planner, object.name(), plan));
    }
    if (plan.published()) {
      return FileWrite.of(files, staticPartitions, new PublishedFiles(planner, object.name(), plan.path(), plan.batchId()));
    }
    if (mode == SaveMode.Overwrite) {
      // Without staging Spark deletes the old files before it reads them.
      DDLUtils.verifyNotReadPath(query, new Path(plan.path()), Scala.none());
    }
    return FileWrite.confined(files, staticPartitions);
  }

  private Map<String, String> nativeOptions(WritePlan plan) {
    Map<String, String> result = new LinkedHashMap<>(plan.options());
    options.forEach(
        (name, value) -> {
          if (name.equalsIgnoreCase(PARTITION_OVERWRITE_MODE)) {
            result.keySet().removeIf(name::equalsIgnoreCase);
            result.put(PARTITION_OVERWRITE_MODE, value);
          }
        });
    result.put("path", plan.path());
    if (!plan.partitionBy().isEmpty()) {
      // Spark hands partition columns to a V1 source such as Delta's by this option only.
      result.put(
          DataSourceUtils.PARTITIONING_COLUMNS_KEY(),
          DataSourceUtils.encodePartitioningColumns(Scala.seq(plan.partitionBy())));
    }
    if (newTable && mode == SaveMode.Overwrite && plan.format().equals("delta")) {
      result.put("overwriteSchema", "true");
    }
    return result;
  }
}
