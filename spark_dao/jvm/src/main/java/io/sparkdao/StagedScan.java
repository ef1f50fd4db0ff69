package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.VariantExtraction;
import org.apache.spark.sql.execution.datasources.InMemoryFileIndex;
import org.apache.spark.sql.execution.datasources.NoopCache$;
import org.apache.spark.sql.execution.datasources.v2.parquet.ParquetScan;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * A scan whose files are produced when the query executes, and then read by Spark's own Parquet scan. Planning and
 * {@code explain} produce nothing. The files stay until the application ends, since Spark may compute a partition of a
 * cached or shuffled query again; the resolver clears them away then.
 */
final class StagedScan implements Scan, Batch {
  private final Planner planner;
  private final String name;
  private final ReadPlan plan;
  private final StructType required;
  private final StructType staged;
  private final ArrayNode conditions;
  private final List<Filter> pushed;
  private PartitionReaderFactory readers;
  private InputPartition[] partitions;

  StagedScan(
      Planner planner, String name, ReadPlan plan, StructType required, ArrayNode conditions, List<Filter> pushed) {
    this.planner = planner;
    this.name = name;
    this.plan = plan;
    this.required = required;
    // A count needs rows, not columns; some column there must be.
    this.staged = required.isEmpty() ? new StructType(new StructField[] {plan.schema().fields()[0]}) : required;
    this.conditions = conditions;
    this.pushed = pushed;
  }

  @Override
  public StructType readSchema() {
    return required;
  }

  @Override
  public String description() {
    return "StagedScan " + name + " " + required.catalogString() + ", PushedFilters: " + pushed;
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  /** Says so without producing the files, which the default would do. */
  @Override
  public ColumnarSupportMode columnarSupportMode() {
    return createReaderFactory().supportColumnarReads(null)
        ? ColumnarSupportMode.SUPPORTED
        : ColumnarSupportMode.UNSUPPORTED;
  }

  @Override
  public synchronized InputPartition[] planInputPartitions() {
    if (partitions == null) {
      List<Path> files = produce();
      partitions = files.isEmpty() ? new InputPartition[0] : parquet(files).planInputPartitions();
    }
    return partitions;
  }

  @Override
  public synchronized PartitionReaderFactory createReaderFactory() {
    if (readers == null) {
      readers = parquet(List.of()).createReaderFactory();
    }
    return readers;
  }

  private List<Path> produce() {
    ObjectNode request = Json.object();
    request.set("token", plan.token());
    request.set("columns", Json.array(List.of(staged.fieldNames())));
    request.set("filters", conditions.isEmpty() ? null : conditions);
    List<Path> files = new ArrayList<>();
    for (JsonNode file : planner.ask("stage_read", name, request).get("files")) {
      files.add(new Path(file.get(0).asText()));
    }
    return files;
  }

  private ParquetScan parquet(List<Path> files) {
    SparkSession session = planner.session();
    InMemoryFileIndex index =
        new InMemoryFileIndex(
            session,
            Scala.seq(files),
            Scala.map(Map.of()),
            Scala.option(staged),
            NoopCache$.MODULE$,
            Scala.none(),
            Scala.none());
    return new ParquetScan(
        session,
        session.sessionState().newHadoopConf(),
        index,
        staged,
        required,
        new StructType(),
        pushed.toArray(new Filter[0]),
        CaseInsensitiveStringMap.empty(),
        Scala.none(),
        Scala.seq(List.of()),
        Scala.seq(List.of()),
        new VariantExtraction[0]);
  }
}
