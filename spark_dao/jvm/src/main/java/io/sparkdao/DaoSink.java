package io.sparkdao;

import io.sparkdao.WriteTarget.Replacement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.InsertIntoHadoopFsRelationCommand;
import org.apache.spark.sql.execution.streaming.Sink;
import org.apache.spark.sql.streaming.OutputMode;

/**
 * Writes a stream, each batch once. Plain files are published under names that carry query and batch, so a batch that
 * is replayed after a crash is recognised; Spark's own file sink would hide all rows that no stream wrote. Delta's sink
 * and a warehouse's batch id do the same for theirs.
 */
final class DaoSink implements Sink {
  private static final String QUERY_ID = "sql.streaming.queryId";

  private final ObjectName object;
  private final Map<String, String> options;
  private final List<String> partitionBy;
  private final OutputMode outputMode;
  private Sink delegate;

  /**
   * @param options what the caller said, the object's name among it
   * @param partitionBy partition columns, empty where the object decides
   */
  DaoSink(Map<String, String> options, List<String> partitionBy, OutputMode outputMode) {
    this(ObjectName.of(options), Options.said(options), partitionBy, outputMode);
  }

  DaoSink(ObjectName object, Map<String, String> options, List<String> partitionBy, OutputMode outputMode) {
    this.object = object;
    this.options = new LinkedHashMap<>(options);
    this.options.keySet().removeIf("checkpointLocation"::equalsIgnoreCase);
    this.partitionBy = partitionBy.isEmpty() ? null : partitionBy;
    this.outputMode = outputMode;
    if (outputMode.equals(OutputMode.Update())) {
      throw DaoErrors.analysis(
          object.name()
              + ": a stream is written in output mode append or complete, found update; use foreachBatch and MERGE");
    }
  }

  @Override
  public void addBatch(long batchId, Dataset<Row> data) {
    SparkSession session = (SparkSession) data.sparkSession();
    Planner planner = new Planner(session, object.catalog());
    SaveMode mode = outputMode.equals(OutputMode.Complete()) ? SaveMode.Overwrite : SaveMode.Append;
    Map<String, String> said = new LinkedHashMap<>(options);
    WritePlan plan = planner.write(object.name(), data.schema(), mode, said, partitionBy);
    String batch = batchName(session, batchId);
    if (plan.staged()) {
      said.put("batchId", batch);
      plan = planner.write(object.name(), data.schema(), mode, said, partitionBy);
    }
    Map<String, String> nativeOptions = new LinkedHashMap<>(plan.options());
    nativeOptions.put("path", plan.path());
    DataSource source =
        NativeSource.make(session, plan.format(), List.of(), null, plan.partitionBy(), nativeOptions);
    if (plan.staged()) {
      writeFiles(source, mode, data, new StagedLoad(planner, object.name(), plan));
    } else if (plan.published()) {
      writeFiles(source, mode, data, new PublishedFiles(planner, object.name(), plan.path(), batch));
    } else {
      delegate(source).addBatch(batchId, data);
    }
  }

  private void writeFiles(DataSource source, SaveMode mode, Dataset<Row> data, WriteTarget target) {
    SparkSession session = (SparkSession) data.sparkSession();
    QueryExecution execution = data.queryExecution();
    InsertIntoHadoopFsRelationCommand command =
        (InsertIntoHadoopFsRelationCommand) source.planForWriting(mode, execution.analyzed());
    FileWriter writer =
        new FileWriter(
            session,
            command.fileFormat(),
            command.options(),
            Scala.list(command.outputColumns()),
            partitionColumns(command),
            command.bucketSpec(),
            0,
            command.basicWriteJobStatsTracker(session.sessionState().newHadoopConfWithOptions(command.options())));
    writer.write(execution.executedPlan(), target, new Replacement(mode, false, null));
    CachedData.refresh(session, command.outputPath());
  }

  /** Finds the partition columns among the data's: nobody analyses the command of a stream, which only names them. */
  private static List<Attribute> partitionColumns(InsertIntoHadoopFsRelationCommand command) {
    List<Attribute> all = Scala.list(command.outputColumns());
    return Scala.list(command.partitionColumns()).stream()
        .map(
            named ->
                all.stream()
                    .filter(column -> column.name().equalsIgnoreCase(named.name()))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            DaoErrors.analysis(
                                "the stream has no partition column `" + named.name() + "`; it has "
                                    + all.stream().map(Attribute::name).toList())))
        .toList();
  }

  private synchronized Sink delegate(DataSource source) {
    if (delegate == null) {
      delegate = source.createSink(outputMode);
    }
    return delegate;
  }

  /** Names a batch; of one length for all batches of a query, so that no name is part of another. */
  private static String batchName(SparkSession session, long batchId) {
    String query = session.sparkContext().getLocalProperty(QUERY_ID);
    if (query == null) {
      throw new IllegalStateException("Spark runs a stream's batch without saying which stream");
    }
    return String.format(Locale.ROOT, "stream-%s-%019d", query, batchId);
  }

  @Override
  public String toString() {
    return "dao.write " + object.name();
  }
}
