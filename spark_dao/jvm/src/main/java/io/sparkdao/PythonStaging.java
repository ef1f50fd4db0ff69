package io.sparkdao;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.CommandExecutionMode;
import org.apache.spark.sql.execution.datasources.InsertIntoHadoopFsRelationCommand;

/**
 * What {@code dao.write} calls from Python ({@code staged_files.py}): files are staged as through the other doors, where
 * Spark's own committer would rename each of them twice, and an object store copies what it renames.
 */
public final class PythonStaging {
  private PythonStaging() {}

  /**
   * Stages the files of a DataFrame.
   *
   * @param name the object, for the Spark UI
   * @param folder URI of a folder that nobody else writes to
   * @param batchId what the files' names carry
   * @return JSON: of each file its path below the folder and its size
   */
  public static String stage(
      Dataset<Row> data,
      String name,
      String format,
      Map<String, String> options,
      List<String> partitionBy,
      String folder,
      String batchId) {
    SparkSession session = (SparkSession) data.sparkSession();
    Map<String, String> said = new LinkedHashMap<>(options);
    said.put("path", new Path(folder).toString());
    Collected files = new Collected(name, folder, batchId, Json.array(List.of()));
    LogicalPlan command =
        NativeSource.make(session, format, List.of(), null, partitionBy, said)
            .planForWriting(SaveMode.Append, ((org.apache.spark.sql.classic.Dataset<Row>) data).logicalPlan());
    FileWrite write = FileWrite.of((InsertIntoHadoopFsRelationCommand) command, Map.of(), files);
    session.sessionState().executePlan(write, CommandExecutionMode.ALL()).assertCommandExecuted();
    return files.listed().toString();
  }

  private record Collected(String name, String folder, String batchId, ArrayNode listed) implements WriteTarget {
    @Override
    public Staging begin(SaveMode mode) {
      return new Staging(folder, batchId, true);
    }

    @Override
    public void commit(Staging staging, Replacement replacement, List<StagedFile> files) {
      files.forEach(file -> listed.addArray().add(file.path()).add(file.bytes()));
    }

    /** Python clears what a failed write staged. */
    @Override
    public void abort(Staging staging) {}
  }
}
